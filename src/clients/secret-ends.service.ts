import type { EntityManager } from 'typeorm';
import { ClientSecret } from './client-secret.entity.js';

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
