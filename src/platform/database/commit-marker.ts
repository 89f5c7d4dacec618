import type { EntityManager, EntityTarget } from 'typeorm';
import { v7 as uuid } from 'uuid';

/** A commit marker: a row that is there when the transaction that wrote it was committed, and not otherwise. */
export interface CommitMarker {
  entity: EntityTarget<{ id: string }>;
  id: string;
}

/** One attempt to commit something. */
export class Commit {
  #marker: CommitMarker | undefined;

  /** @param before the commit marker of an attempt of the same that may have been committed, or may still be */
  constructor(private readonly before?: CommitMarker) {}

  /**
   * Makes the id of a row that is to be inserted. The first one is the commit marker, by which it can be known later whether this was
   * committed. A retry gets the same id, which makes it idempotent: of both, whichever node of a cluster they are sent to, one at most can
   * be committed.
   */
  mark(entity: CommitMarker['entity']): string {
    const id = (!this.#marker && this.before?.id) || uuid();
    this.#marker ??= { entity, id };
    return id;
  }

  /** Absent as long as no row was named. */
  get marker(): CommitMarker | undefined {
    return this.#marker;
  }
}

/** Whether the commit marker is there. It is asked for with a lock: while a transaction that wrote it is undecided on this node, this waits. */
export async function hasMarker(manager: EntityManager, { entity, id }: CommitMarker): Promise<boolean> {
  const { tablePath } = manager.connection.getMetadata(entity);
  const rows: unknown[] = await manager.query(`SELECT 1 FROM ${tablePath} WHERE id = ? FOR UPDATE`, [id]);
  return rows.length > 0;
}
