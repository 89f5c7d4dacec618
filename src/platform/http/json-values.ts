const [QUOTE, ESCAPE, COMMA, LIST, OBJECT] = [...'"\\,[{'].map((character) => character.charCodeAt(0));

/** How many values a JSON text has, or more: once it is parsed it takes memory by these, and time wherever it is copied. */
export function countValues(bytes: Uint8Array): number {
  let [count, isText] = [1, false];
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === QUOTE) isText = !isText;
    else if (isText && byte === ESCAPE) at += 1;
    else if (!isText && (byte === COMMA || byte === LIST || byte === OBJECT)) count += 1;
  }
  return count;
}
