const LONGEST_KEY = 100;
/** Of what is searched for, in UTF-16: more than a name of 100 characters in parts, or a name and a client id. */
const LONGEST_SEARCH = 300;
/** As much as is stored of what is searched. */
const LONGEST_FOUND = 2_000;
/** No name, client id or host has it. */
const NOWHERE = '\u0000';

/** Letters that have no accent by Unicode, and are searched without their stroke, or as the letters that they are made of. */
const PLAIN: Record<string, string> = {
  ...{ ø: 'o', đ: 'd', ð: 'd', ħ: 'h', ł: 'l', ŧ: 't', ŋ: 'n' },
  ...{ æ: 'ae', œ: 'oe', þ: 'th', ς: 'σ' },
};
const NOT_PLAIN = new RegExp(`[${Object.keys(PLAIN).join('')}]`, 'g');

/** Text as it is searched: compatibility forms, accents, vowel signs, strokes, joiners and case do not count. */
export function toSearchText(text: string): string {
  const letters = text.normalize('NFKD').replace(/[\p{M}\p{Default_Ignorable_Code_Point}]/gu, '');
  // There and back: ß becomes SS, and the ı of a Turkish I the same as that of any other.
  return letters
    .toLowerCase()
    .toUpperCase()
    .toLowerCase()
    .replace(NOT_PLAIN, (letter) => PLAIN[letter] as string);
}

/**
 * What somebody searches for, as it is searched; `''` when nothing is. It is cut to size before anything is done to it: some
 * characters become eighteen, and to bring marks into order takes the square of their number. What is longer than anything
 * that is searched is found nowhere.
 */
export function toSearchedText(search: string): string {
  const text = toSearchText(search.slice(0, LONGEST_SEARCH)).trim();
  if (search.length <= LONGEST_SEARCH && text.length <= LONGEST_FOUND) return text;
  return text.slice(0, LONGEST_SEARCH) + NOWHERE;
}

/** A name as it is sorted; cut to 100 characters. */
export function toNameKey(name: string): string {
  return [...toSearchText(name)].slice(0, LONGEST_KEY).join('');
}
