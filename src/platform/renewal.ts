import { setTimeout as sleep } from 'node:timers/promises';

/** What some rows under an earlier encryption key came to. */
export interface Renewal {
  /** How many are under the current key by now. */
  done: number;
  /** Which could not be read with the keys at hand, and stay as they are. */
  unreadable: string[];
  /** After which there may be more; undefined when these were the last. */
  last: string | undefined;
}

/** What takes a tenth of a second. */
export const RENEWED_AT_A_TIME = 200;
/** Longer than a server waits before it tries to get SQLite's lock once more: it would hardly ever find it free. */
const PAUSE_MS = 25;

interface Rules<Row> {
  /** What rows are read in the order of. */
  idOf(row: Row): string;
  /** For the operator. */
  nameOf(row: Row): string;
  /** Its text. */
  decrypt(row: Row): string;
  /** Puts the text away anew. */
  store(row: Row, text: string): Promise<unknown>;
}

/**
 * Renews rows one after another; one that is damaged, or under a key that is lost, holds up no other.
 * @param rows {@link RENEWED_AT_A_TIME} of them at most
 */
export async function renewAll<Row>(rows: readonly Row[], { idOf, nameOf, decrypt, store }: Rules<Row>): Promise<Renewal> {
  const last = rows.at(-1);
  const renewal: Renewal = {
    done: 0,
    unreadable: [],
    last: last !== undefined && rows.length === RENEWED_AT_A_TIME ? idOf(last) : undefined,
  };
  for (const row of rows) {
    const text = tryTo(() => decrypt(row));
    if (text === undefined) {
      renewal.unreadable.push(nameOf(row));
      continue;
    }
    await store(row, text);
    renewal.done += 1;
  }
  return renewal;
}

/**
 * Renews all rows of a kind, some at a time: so many at once would hold up everybody, or be too much for one transaction.
 * @param renew some of them, in a transaction of its own; those whose id comes after another
 */
export async function renewInPieces(renew: (after: string) => Promise<Renewal>): Promise<Omit<Renewal, 'last'>> {
  const all = { done: 0, unreadable: [] as string[] };
  let after: string | undefined = '';
  while (after !== undefined) {
    const { done, unreadable, last }: Renewal = await renew(after);
    all.done += done;
    all.unreadable.push(...unreadable);
    after = last;
    if (after !== undefined) await sleep(PAUSE_MS);
  }
  return all;
}

function tryTo(work: () => string): string | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
