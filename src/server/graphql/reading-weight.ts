import { BYTES_OF_A_CHARACTER, BYTES_OF_A_TOKEN } from './document-store.js';

const BACKSLASH = '\\'.charCodeAt(0);
/** With it begins U+FEFF, which parts words for GraphQL wherever it stands. */
const BEGINS_BOM = 0xef;
const IS_OF_WORDS = Uint8Array.from({ length: 256 }, (_, byte) =>
  (/\w/.test(String.fromCharCode(byte)) || byte > 127) && byte !== BEGINS_BOM ? 1 : 0,
);
const IS_BLANK = Uint8Array.from({ length: 256 }, (_, byte) => (byte <= 32 ? 1 : 0));

/**
 * How much memory a question takes at most once it is read, in bytes, as far as its text tells: each word and each sign may be a token of a
 * document, or a value. What is escaped parts words.
 */
export function weightOnceRead(text: Uint8Array): number {
  let [pieces, isInWord] = [0, false];
  for (let at = 0; at < text.length; at += 1) {
    const byte = text[at] as number;
    const isOfWord = IS_OF_WORDS[byte] === 1;
    if (byte === BACKSLASH) at += 1;
    else if (!(isOfWord && isInWord) && IS_BLANK[byte] === 0) pieces += 1;
    isInWord = isOfWord;
  }
  return pieces * BYTES_OF_A_TOKEN + text.length * BYTES_OF_A_CHARACTER;
}
