import { setTimeout as sleep } from 'node:timers/promises';
import type { EntityManager } from 'typeorm';

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

/** Work on the database. */
type Work = <T>(work: (manager: EntityManager) => Promise<T>) => Promise<T>;

/** How what is renewed is reached. */
export interface Reach {
  read: Work;
  /** In a transaction of its own. */
  write: Work;
}

interface Rules<Row> {
  /** {@link RENEWED_AT_A_TIME} of them at most, in order. Looking may go through all there are: nobody who writes waits for that. */
  find(manager: EntityManager): Promise<readonly Row[]>;
  /** What rows are read in the order of. */
  idOf(row: Row): string;
  /** For the operator. */
  nameOf(row: Row): string;
  /** Its text. */
  decrypt(row: Row): string;
  /** Puts the text away anew, where the row is as it was read: what was changed in the meantime is under the current key already. */
  store(manager: EntityManager, row: Row, text: string): Promise<unknown>;
}

/** Renews some rows; one that is damaged, or under a key that is lost, holds up no other. */
export async function renewSome<Row>(reach: Reach, { find, idOf, nameOf, decrypt, store }: Rules<Row>): Promise<Renewal> {
  const rows = await reach.read(find);
  const last = rows.at(-1);
  const texts = rows.map((row) => ({ row, text: tryTo(() => decrypt(row)) }));
  const readable = texts.filter((one): one is { row: Row; text: string } => one.text !== undefined);
  if (readable.length > 0)
    await reach.write(async (manager) => {
      for (const { row, text } of readable) await store(manager, row, text);
    });
  return {
    done: readable.length,
    unreadable: texts.filter(({ text }) => text === undefined).map(({ row }) => nameOf(row)),
    last: last !== undefined && rows.length === RENEWED_AT_A_TIME ? idOf(last) : undefined,
  };
}

/**
 * Renews all rows of a kind, some at a time: so many at once would hold up everybody, or be too much for one transaction.
 * @param renew some of them; those whose id comes after another
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
