import { type EntityManager, In, LessThan } from 'typeorm';
import type { Client } from './client.entity.js';
import { ClientSecret } from './client-secret.entity.js';

/** Of a client, that ended: who makes more is a program that does so without a pause, and each costs whoever reads or removes them all. */
const MOST_ENDED = 1_000;
/** However many there are. */
const KEPT_AFTER_END_MS = 24 * 3_600_000;
const FORGOTTEN_AT_A_TIME = 100;

/** Lets secrets that have a successor live no longer than until a moment. */
export async function supersede(
  manager: EntityManager,
  live: readonly ClientSecret[],
  { now, end: ends }: { now: Date; end: Date },
): Promise<void> {
  for (const { id, expiresAt, supersededAt } of live) {
    const until = expiresAt && expiresAt < ends ? expiresAt : ends;
    // What ends no later than it is superseded has ended by every clock.
    const at = until <= now ? until : (supersededAt ?? now);
    await manager.update(ClientSecret, { id }, { expiresAt: until, supersededAt: at });
  }
}

/** Ends a secret now, if it has not ended before. */
export async function end(manager: EntityManager, { id, expiresAt }: ClientSecret, now: Date): Promise<void> {
  await manager.update(ClientSecret, { id }, { revokedAt: now, expiresAt: expiresAt && expiresAt < now ? expiresAt : now });
}

/** Takes back that a secret has a successor. */
export async function reinstate(manager: EntityManager, { id }: ClientSecret): Promise<void> {
  await manager.update(ClientSecret, { id }, { expiresAt: null, supersededAt: null });
}

/** Forgets secrets of a client that ended, the oldest first, when there are very many. Tokens that were issued for them end. */
export async function forgetOldest(manager: EntityManager, { id: clientRowId }: Client, now: Date): Promise<void> {
  const tooMany = (await manager.countBy(ClientSecret, { clientRowId, expiresAt: LessThan(now) })) - MOST_ENDED;
  if (tooMany <= 0) return;
  const oldest = await manager.find(ClientSecret, {
    select: { id: true },
    where: { clientRowId, expiresAt: LessThan(new Date(now.getTime() - KEPT_AFTER_END_MS)) },
    order: { expiresAt: 'ASC' },
    take: Math.min(tooMany, FORGOTTEN_AT_A_TIME),
  });
  await manager.delete(ClientSecret, { id: In(oldest.map(({ id }) => id)) });
}
