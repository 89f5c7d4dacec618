const LONGEST_KEY = 100;

/** Text as it is searched: compatibility forms, accents, vowel signs and case do not count. */
export function toSearchText(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
}

/** A name as it is sorted; cut to 100 characters. */
export function toNameKey(name: string): string {
  return [...toSearchText(name)].slice(0, LONGEST_KEY).join('');
}
