/** What a change of the encryption key came to. */
export interface Renewal {
  /** How many rows are under the current key by now. */
  done: number;
  /** Which rows could not be read with the keys at hand, and stay as they are. */
  unreadable: string[];
}

/**
 * Renews rows one after another; one that is damaged, or under a key that is lost, holds up no other.
 * @param nameOf of a row, for the operator
 * @param decrypt its text @param store puts the text away anew
 */
export async function renewAll<Row>(
  rows: readonly Row[],
  { nameOf, decrypt, store }: { nameOf(row: Row): string; decrypt(row: Row): string; store(row: Row, text: string): Promise<unknown> },
): Promise<Renewal> {
  const renewal: Renewal = { done: 0, unreadable: [] };
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

function tryTo(work: () => string): string | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
