import type { Socket } from 'node:net';
import type { Connection } from 'mysql2';
import { requireService } from './mysql-node.js';

const PROBE_MS = 1_000;

/** A connection of mysql2, as far as it is used here. */
export interface MysqlConnection {
  execute(statement: string, parameters: readonly unknown[], done: (error: Error | null, rows: never[]) => void): unknown;
  query(statement: string, done: (error: Error | null, rows: unknown) => void): unknown;
  release(): void;
  stream: Socket;
}

/** mysql2's pool, as TypeORM keeps it. */
export interface MysqlPool {
  getConnection(done: (error: Error | null, connection: MysqlConnection) => void): void;
}

/** Ends a connection at once. What waits for an answer fails with the cause, and the pool forgets it; its `destroy` waits for the other side. */
export function breakOff(connection: Pick<MysqlConnection, 'stream'>, cause: Error): void {
  connection.stream.destroy(cause);
}

/**
 * Asks a MySQL server whether it serves, over a connection of its own.
 * @param open makes a connection in that time, or fails
 * @throws when it does not, or does not say so within a second or two
 */
export async function probe(open: (withinMs: number) => Promise<Connection>): Promise<void> {
  const connection = await open(PROBE_MS);
  try {
    await requireService(connection);
  } finally {
    breakOff(connection as unknown as MysqlConnection, new Error('The probe is over.'));
  }
}
