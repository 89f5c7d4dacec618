import type { EntityManager } from 'typeorm';
import type { ClientIdQuery } from '../list/client-filter.service.js';
import { firstSlotOf, HIDDEN } from './client-segment.entity.js';
import { decodeSlots, intersect, type SlotBitmap, slotsIn } from './slot-bitmap.js';
import { trigramsWithin } from './trigrams.js';

/** As many trigrams of a text are looked at; more would cost more than they rule out. */
const MOST_GRAMS = 6;
const SEGMENTS_AT_ONCE = 256;
/** Of the clients that are not indexed yet no more are counted. */
const COUNTED = 200_000;

/** What the index says of a search: where the clients are that may match. Every one that matches is among them. */
export interface Candidates {
  /** By segment: the slots of clients that have all that was looked for, some of them empty by now. */
  segments: { id: number; slots: SlotBitmap; count: number }[];
  /** How many clients there are to look at, those that are not indexed yet included. */
  count: number;
}

/** The segments of a tenant, ascending; none when it has few clients. */
export async function segmentsOf(manager: EntityManager, tenantId: string): Promise<number[]> {
  const rows: { id: number }[] = await manager.query(
    `SELECT id FROM client_segments WHERE tenant_id = ? AND first_client NOT LIKE '${HIDDEN}%' ORDER BY id`,
    [tenantId],
  );
  return rows.map(({ id }) => id);
}

/** Whether a tenant has these segments still, and no others. */
export async function hasSegments(manager: EntityManager, tenantId: string, segments: readonly number[]): Promise<boolean> {
  return String(await segmentsOf(manager, tenantId)) === String(segments);
}

/** Asks the index of a tenant. @param text as it is searched, not empty */
export async function findCandidates(
  manager: EntityManager,
  { tenantId, segments, text }: { tenantId: string; segments: readonly number[]; text: string },
): Promise<Candidates> {
  const grams = await chooseTrigrams(manager, segments, trigramsWithin(text.toWellFormed()));
  const found: Candidates['segments'] = [];
  for (let start = 0; start < segments.length; start += SEGMENTS_AT_ONCE) {
    found.push(...(await slotsWithAll(manager, segments.slice(start, start + SEGMENTS_AT_ONCE), grams)));
  }
  const [waiting]: { count: unknown }[] = await manager.query(WAITING, [tenantId]);
  return { segments: found, count: found.reduce((sum, { count }) => sum + count, Number(waiting?.count)) };
}

const WAITING = `SELECT COUNT(*) AS count FROM (SELECT id FROM clients WHERE search_slot IS NULL AND tenant_id = ? LIMIT ${COUNTED}) waiting`;

/** Those that rule out most, as far as one segment can tell. */
async function chooseTrigrams(manager: EntityManager, segments: readonly number[], grams: readonly string[]): Promise<readonly string[]> {
  if (grams.length <= MOST_GRAMS) return grams;
  const rows: { gram: string; size: unknown }[] = await manager.query(
    `SELECT gram, LENGTH(slots) AS size FROM client_grams WHERE segment_id = ? AND gram IN (${marks(grams)})`,
    [segments.at(-1), ...grams],
  );
  const sizes = new Map(rows.map(({ gram, size }) => [gram, Number(size)]));
  const sizeOf = (gram: string) => sizes.get(gram) ?? 0;
  return grams.toSorted((a, b) => sizeOf(a) - sizeOf(b)).slice(0, MOST_GRAMS);
}

async function slotsWithAll(
  manager: EntityManager,
  segments: readonly number[],
  grams: readonly string[],
): Promise<Candidates['segments']> {
  const rows: { segment_id: number; slots: Buffer }[] = await manager.query(
    `SELECT segment_id, slots FROM client_grams WHERE segment_id IN (${segments.join(', ')}) AND gram IN (${marks(grams)})`,
    [...grams],
  );
  const bySegment = Map.groupBy(rows, ({ segment_id }) => segment_id);
  return [...bySegment].flatMap(([id, stored]) => {
    if (stored.length < grams.length) return [];
    const slots = intersect(stored.map((row) => decodeSlots(row.slots)));
    const count = slotsIn(slots).length;
    return count > 0 ? [{ id, slots, count }] : [];
  });
}

function marks(values: readonly unknown[]): string {
  return values.map(() => '?').join(', ');
}

/** The candidates. */
export function idsOf({ segments }: Pick<Candidates, 'segments'>, tenantId: string): ClientIdQuery {
  const waiting = 'SELECT id FROM clients WHERE search_slot IS NULL AND tenant_id = :tenantId';
  return { ids: segments.length === 0 ? waiting : `${idsAt(segments.flatMap(slotsOf))} UNION ALL ${waiting}`, parameters: { tenantId } };
}

/** The candidates that are indexed, some at a time. */
export function* idsInParts({ segments }: Candidates, nextSize: () => number): Generator<ClientIdQuery> {
  let slots: number[] = [];
  let size = nextSize();
  for (const segment of segments) {
    slots = slots.concat(slotsOf(segment));
    for (; slots.length >= size; size = nextSize()) yield { ids: idsAt(slots.splice(0, size)), parameters: {} };
  }
  if (slots.length > 0) yield { ids: idsAt(slots), parameters: {} };
}

/** By the numbers that they have among all clients. */
function slotsOf({ id, slots }: Candidates['segments'][number]): number[] {
  return slotsIn(slots).map((slot) => firstSlotOf(id) + slot);
}

function idsAt(slots: readonly number[]): string {
  return `SELECT id FROM clients WHERE search_slot IN (${slots.join(', ')})`;
}
