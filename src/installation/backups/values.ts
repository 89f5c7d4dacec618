import { z } from 'zod';
import type { Block } from './backup-file.js';

const MOST_ROWS = 500;
const ENOUGH_CHARACTERS = 200_000;

/** Text, null and whole numbers stand for themselves. */
const others = z.union([
  z.strictObject({ whole: z.string().regex(/^-?\d{1,19}$/) }).transform(({ whole }) => BigInt(whole)),
  // JSON has no number for what is infinite.
  z.strictObject({ real: z.union([z.number(), z.enum(['Infinity', '-Infinity'])]) }).transform(({ real }) => Number(real)),
  z.strictObject({ bytes: z.base64() }).transform(({ bytes }) => Buffer.from(bytes, 'base64')),
]);

/** What a driver gives and takes. */
export type Value = null | string | z.infer<typeof others>;

/** A value as it stands in a backup. @param given what a driver reads: whole numbers are a `bigint`, moments are text */
export function encodeValue(given: unknown): unknown {
  if (typeof given === 'bigint') return Number.isSafeInteger(Number(given)) ? Number(given) : { whole: String(given) };
  if (typeof given === 'number') return Number.isSafeInteger(given) ? given : { real: Number.isFinite(given) ? given : String(given) };
  return Buffer.isBuffer(given) ? { bytes: given.toString('base64') } : given;
}

/** Reverses {@link encodeValue}. @throws when it is nothing of the kind */
export function decodeValue(encoded: unknown): Value {
  if (encoded === null || typeof encoded === 'string') return encoded;
  return Number.isSafeInteger(encoded) ? BigInt(encoded as number) : others.parse(encoded);
}

/** Puts rows of a table into blocks. @param columns those of each row, in their order */
export async function* toBlocks(
  table: string,
  columns: readonly string[],
  rows: AsyncIterable<unknown[]> | Iterable<unknown[]>,
): AsyncGenerator<Block> {
  let kept: unknown[][] = [];
  let characters = 0;
  for await (const row of rows) {
    const encoded = row.map(encodeValue);
    kept.push(encoded);
    characters += lengthOf(row);
    if (kept.length < MOST_ROWS && characters < ENOUGH_CHARACTERS) continue;
    yield { table, columns: [...columns], rows: kept };
    [kept, characters] = [[], 0];
  }
  if (kept.length > 0) yield { table, columns: [...columns], rows: kept };
}

function lengthOf(row: readonly unknown[]): number {
  return row.reduce<number>((sum, given) => sum + (typeof given === 'string' || Buffer.isBuffer(given) ? given.length : 0), 0);
}
