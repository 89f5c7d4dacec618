const LONGEST_GRAM = 3;

/**
 * Every part of a text of one, two and three characters (code points), those that occur again again.
 * What is stored and what is searched have to be split alike.
 */
export function* gramsOf(text: string): Generator<string> {
  const characters = [...text];
  for (let start = 0; start < characters.length; start += 1) {
    let gram = '';
    for (let length = 0; length < LONGEST_GRAM && start + length < characters.length; length += 1) {
      gram += characters[start + length];
      yield gram;
    }
  }
}

/** The longest grams that every text has which contains this one; a text of three characters or fewer is its own only gram. */
export function gramsWithin(text: string): string[] {
  const characters = [...text];
  const length = Math.min(characters.length, LONGEST_GRAM);
  const starts = characters.length - length + 1;
  return [...new Set(Array.from({ length: starts }, (_, start) => characters.slice(start, start + length).join('')))];
}
