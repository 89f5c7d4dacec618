const LONGEST_TRIGRAM = 3;

/**
 * The trigrams of a text: every part of it of one, two and three characters (code points), those that occur again again.
 * What is stored and what is searched have to be split alike.
 */
export function* trigramsOf(text: string): Generator<string> {
  const characters = [...text];
  for (let start = 0; start < characters.length; start += 1) {
    let gram = '';
    for (let length = 0; length < LONGEST_TRIGRAM && start + length < characters.length; length += 1) {
      gram += characters[start + length];
      yield gram;
    }
  }
}

/** The longest trigrams that every text has which contains this one; a text of three characters or fewer is its own only one. */
export function trigramsWithin(text: string): string[] {
  const characters = [...text];
  const length = Math.min(characters.length, LONGEST_TRIGRAM);
  const starts = characters.length - length + 1;
  return [...new Set(Array.from({ length: starts }, (_, start) => characters.slice(start, start + length).join('')))];
}
