/** What wildcards do not stand for: what parts the parts of a subject. */
const CROSSED_BY_NEITHER = ':';
const CROSSED_BY_TWO = '/';
const MOST_WILDCARDS = 3;

/** A literal, or a wildcard. */
type Piece = { text: string } | { crosses: boolean };

/**
 * Says what is wrong with a pattern of subjects.
 * @returns a sentence that says what to change, undefined when all is well
 */
export function findPatternFault(pattern: string): string | undefined {
  if (/[?[\]{}()|\\^$+]/.test(pattern)) return 'has a sign that is none of a pattern: * and ** are all that there are.';
  if (pattern.includes('***')) return 'has more than two * in a row.';
  const pieces = piecesOf(pattern);
  const wildcards = pieces.filter((piece) => 'crosses' in piece).length;
  if (wildcards === 0) return 'has no wildcard: give it as subject.';
  if (wildcards > MOST_WILDCARDS) return `has more than ${MOST_WILDCARDS} wildcards.`;
  return pattern.startsWith('*') ? 'begins with a wildcard: say what all subjects begin with.' : undefined;
}

/**
 * Whether a whole subject fits a pattern: `*` stands for one character or more, none of them `:` or `/`, and `**` for one or more that may be
 * `/`. In time that grows with the length of the subject alone: whoever sent it has proved nothing yet.
 */
export function fitsPattern(pattern: string, subject: string): boolean {
  // Up to where what came before may reach.
  let ends = new Set([0]);
  for (const piece of piecesOf(pattern)) {
    ends = 'text' in piece ? behindText(piece.text, subject, ends) : behindWildcard(piece.crosses, subject, ends);
    if (ends.size === 0) return false;
  }
  return ends.has(subject.length);
}

function piecesOf(pattern: string): Piece[] {
  const texts = pattern.split(/(\*\*?)/).filter((text) => text !== '');
  return texts.map((text) => (/^\*/.test(text) ? { crosses: text === '**' } : { text }));
}

function behindText(text: string, subject: string, starts: Set<number>): Set<number> {
  const ends = [...starts].filter((start) => subject.startsWith(text, start)).map((start) => start + text.length);
  return new Set(ends);
}

/** One way from left to right: a place can be reached when one before it can, and nothing between them stops. */
function behindWildcard(crosses: boolean, subject: string, starts: Set<number>): Set<number> {
  const ends = new Set<number>();
  let isWithin = false;
  for (let place = 0; place < subject.length; place += 1) {
    const character = subject[place];
    const stops = character === CROSSED_BY_NEITHER || (!crosses && character === CROSSED_BY_TWO);
    isWithin = (isWithin || starts.has(place)) && !stops;
    if (isWithin) ends.add(place + 1);
  }
  return ends;
}
