/** Far more than any input takes; what it takes is said by its own rule. */
const MOST_IN_A_LIST = 1_000;
const MOST_VALUES = 5_000;
const MOST_CHARACTERS = 10_000;
const DEEPEST = 50;

/** What of an input value is too much. */
export interface Excess {
  /** Where it is, from the value on. */
  path: (string | number)[];
  /** What to change. */
  message: string;
}

/**
 * Finds what is too long, too deep or too much of an input value. It comes before everything that looks at each of its parts,
 * and ends at the first.
 */
export function findExcess(value: unknown): Excess | undefined {
  let values = 0;
  const visit = (part: unknown, path: (string | number)[]): Excess | undefined => {
    values += 1;
    const message = sizeFault(part) ?? (path.length > DEEPEST ? `Nest values ${DEEPEST} deep at most.` : undefined);
    if (message) return { path, message };
    if (values > MOST_VALUES) return { path: [], message: `Give ${MOST_VALUES} values in all at most.` };
    if (typeof part !== 'object' || part === null) return undefined;
    for (const [key, inner] of Array.isArray(part) ? part.entries() : entriesOf(part)) {
      const found = visit(inner, [...path, key]);
      if (found) return found;
    }
    return undefined;
  };
  return visit(value, []);
}

/** One at a time: a list of all would be made before the first is looked at. */
function* entriesOf(object: object): Generator<[string, unknown]> {
  for (const name in object) if (Object.hasOwn(object, name)) yield [name, (object as Record<string, unknown>)[name]];
}

function sizeFault(value: unknown): string | undefined {
  if (typeof value === 'string' && value.length > MOST_CHARACTERS) return `Give ${MOST_CHARACTERS} characters at most.`;
  if (Array.isArray(value) && value.length > MOST_IN_A_LIST) return `Give ${MOST_IN_A_LIST} values at most.`;
  return undefined;
}
