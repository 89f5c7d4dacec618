import { setImmediate } from 'node:timers/promises';
import { trigramsOf } from './trigrams.js';

const CHARACTERS_AT_ONCE = 10_000;
const GRAMS_SORTED_AT_ONCE = 4_000;

/** In the order in which they are stored, with the slots of each. @returns undefined when there are too many */
export async function trigramsOfAll(
  clients: readonly { searchText: string }[],
  most: number,
): Promise<[gram: string, slots: number[]][] | undefined> {
  const grams = new Map<string, number[]>();
  let characters = 0;
  for (const [slot, { searchText }] of clients.entries()) {
    for (const gram of trigramsOf(searchText)) {
      const slots = grams.get(gram);
      if (!slots) grams.set(gram, [slot]);
      else if (slots.at(-1) !== slot) slots.push(slot);
    }
    if (grams.size > most) return undefined;
    characters += searchText.length;
    if (characters < CHARACTERS_AT_ONCE) continue;
    characters = 0;
    await setImmediate();
  }
  return sortedInPieces(grams);
}

/** By their first characters: to sort all at once would hold up everybody. */
async function sortedInPieces(grams: ReadonlyMap<string, number[]>): Promise<[gram: string, slots: number[]][]> {
  const byFirst = new Map<number, [string, number[]][]>();
  let count = 0;
  for (const entry of grams) {
    const first = entry[0].codePointAt(0) as number;
    const some = byFirst.get(first);
    if (some) some.push(entry);
    else byFirst.set(first, [entry]);
    count += 1;
    if (count % GRAMS_SORTED_AT_ONCE === 0) await setImmediate();
  }
  const sorted: [string, number[]][] = [];
  let pausedAt = 0;
  for (const first of [...byFirst.keys()].sort((a, b) => a - b)) {
    for (const entry of (byFirst.get(first) as [string, number[]][]).sort(([a], [b]) => (a < b ? -1 : 1))) sorted.push(entry);
    if (sorted.length - pausedAt < GRAMS_SORTED_AT_ONCE) continue;
    pausedAt = sorted.length;
    await setImmediate();
  }
  return sorted;
}
