import type { EntityManager, EntityTarget, QueryRunner } from 'typeorm';
import { v7 as uuid } from 'uuid';

/** A row that is there when the transaction that wrote it was committed, and not otherwise. */
export interface Proof {
  entity: EntityTarget<{ id: string }>;
  id: string;
}

/**
 * Makes the id of a row, by the first of which it can be known later whether the transaction was committed.
 * One that is done again gets the same: of both, whichever node of a cluster they are sent to, one at most can be committed.
 */
export function prove(manager: EntityManager, entity: Proof['entity']): string {
  const { data } = manager.queryRunner as QueryRunner;
  const id = (!data.proof && data.again) || uuid();
  data.proof ??= { entity, id };
  return id;
}

/** Lets a transaction write the row of one that was tried before. */
export function proveAgain({ data }: QueryRunner, { id }: Proof): void {
  data.again = id;
}

/** The row that was named, if one was. */
export function proofOf({ data }: QueryRunner): Proof | undefined {
  return data.proof;
}

/** Whether the row is there. It is asked for with a lock: while a transaction that wrote it is undecided on this node, this waits. */
export async function isProved(manager: EntityManager, { entity, id }: Proof): Promise<boolean> {
  const { tablePath } = manager.connection.getMetadata(entity);
  const rows: unknown[] = await manager.query(`SELECT 1 FROM ${tablePath} WHERE id = ? FOR UPDATE`, [id]);
  return rows.length > 0;
}
