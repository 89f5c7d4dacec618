import type { EntityManager, EntityTarget, QueryRunner } from 'typeorm';

/** A row that is there when the transaction that wrote it was committed, and not otherwise. */
export interface Proof {
  entity: EntityTarget<{ id: string }>;
  id: string;
}

/** Names a row that the transaction has written, by which it can be known later whether it was committed. */
export function prove(manager: EntityManager, proof: Proof): void {
  if (manager.queryRunner) manager.queryRunner.data.proof = proof;
}

/** The row that was named, if one was. */
export function proofOf({ data }: QueryRunner): Proof | undefined {
  return data.proof;
}

/** Whether the row is there. It is asked for with a lock: while a transaction that wrote it is undecided, this waits. */
export async function isProved(manager: EntityManager, { entity, id }: Proof): Promise<boolean> {
  const { tablePath } = manager.connection.getMetadata(entity);
  const rows: unknown[] = await manager.query(`SELECT 1 FROM ${tablePath} WHERE id = ? FOR UPDATE`, [id]);
  return rows.length > 0;
}
