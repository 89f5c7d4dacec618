import type { EntityManager, EntityTarget, QueryRunner } from 'typeorm';
import { v7 as uuid } from 'uuid';

/** A commit marker: a row that is there when the transaction that wrote it was committed, and not otherwise. */
export interface CommitMarker {
  entity: EntityTarget<{ id: string }>;
  id: string;
}

/**
 * Makes the id of a row. The first one of a transaction is its commit marker, by which it can be known later whether it was committed.
 * A retry gets the same id, which makes it idempotent: of both, whichever node of a cluster they are sent to, one at most can be committed.
 */
export function markCommit(manager: EntityManager, entity: CommitMarker['entity']): string {
  const { data } = manager.queryRunner as QueryRunner;
  const id = (!data.marker && data.reused) || uuid();
  data.marker ??= { entity, id };
  return id;
}

/** Lets a retry write the commit marker of the attempt before it. */
export function reuseMarker({ data }: QueryRunner, { id }: CommitMarker): void {
  data.reused = id;
}

/** The commit marker of a transaction, if it has one. */
export function markerOf({ data }: QueryRunner): CommitMarker | undefined {
  return data.marker;
}

/** Whether the commit marker is there. It is asked for with a lock: while a transaction that wrote it is undecided on this node, this waits. */
export async function hasMarker(manager: EntityManager, { entity, id }: CommitMarker): Promise<boolean> {
  const { tablePath } = manager.connection.getMetadata(entity);
  const rows: unknown[] = await manager.query(`SELECT 1 FROM ${tablePath} WHERE id = ? FOR UPDATE`, [id]);
  return rows.length > 0;
}
