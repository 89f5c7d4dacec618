import type { Socket } from 'node:net';
import type { Connection } from 'mysql2';
import { driverCode, isFull } from './database-faults.js';

const PROBE_MS = 1_000;
/** As the server has it when it knows no table of ours yet: it answers. */
const EMPTY = 'ER_NO_SUCH_TABLE';

/** A connection of mysql2, as far as it is used here. */
export interface MysqlConnection {
  execute(statement: string, parameters: readonly unknown[], done: (error: Error | null, rows: never[]) => void): unknown;
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
 * Asks a MySQL server for a row, over a connection of its own. A node that left its cluster still answers `SELECT 1`.
 * @param open makes a connection in that time, or fails
 * @throws when there is no answer within a second or two
 */
export async function probe(open: (withinMs: number) => Promise<Connection>): Promise<void> {
  try {
    const connection = await open(PROBE_MS);
    try {
      await ask(connection);
    } finally {
      breakOff(connection as unknown as MysqlConnection, new Error('The probe is over.'));
    }
  } catch (error) {
    if (driverCode(error) !== EMPTY && !isFull(error)) throw error;
  }
}

function ask(connection: Connection): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const late = () => reject(Object.assign(new Error('No answer to the probe.'), { code: 'ETIMEDOUT' }));
  const timer = setTimeout(late, PROBE_MS);
  connection.query('SELECT 1 FROM tenants LIMIT 1', (error) => (error ? reject(error) : resolve()));
  return promise.finally(() => clearTimeout(timer));
}
