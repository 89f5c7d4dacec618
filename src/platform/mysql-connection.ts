import type { Socket } from 'node:net';
import { createConnection } from 'mysql2';
import { driverCode, isFull } from './database-faults.js';

const PROBE_MS = 1_000;
/** As the server has it when it knows no table of ours yet: it answers. */
const EMPTY = 'ER_NO_SUCH_TABLE';
const IN_TIME = 'SET SESSION innodb_lock_wait_timeout = 2, lock_wait_timeout = 2';

/** A connection of mysql2, as far as it is used here. */
export interface MysqlConnection {
  execute(statement: string, parameters: readonly unknown[], done: (error: Error | null, rows: never[]) => void): unknown;
  query(statement: string, done: (error: Error | null) => void): unknown;
  on(event: 'error', listener: () => void): unknown;
  release(): void;
  stream: Socket;
}

/** mysql2's pool, as TypeORM keeps it. */
export interface MysqlPool {
  getConnection(done: (error: Error | null, connection: MysqlConnection) => void): void;
}

/** Readies a new connection: a lock is waited for at most two seconds, and its end ends nothing else. */
export function prepareConnection(connection: MysqlConnection): void {
  connection.on('error', () => undefined);
  connection.query(IN_TIME, () => undefined);
}

/** Ends a connection at once. What waits for an answer fails with the cause, and the pool forgets it; its `destroy` waits for the other side. */
export function breakOff(connection: Pick<MysqlConnection, 'stream'>, cause: Error): void {
  connection.stream.destroy(cause);
}

/**
 * Asks a MySQL server for a row, over a connection of its own. A node that left its cluster still answers `SELECT 1`.
 * @throws when there is no answer within a second
 */
export function probe(url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const connection = createConnection({ uri: url, connectTimeout: PROBE_MS });
    const end = (error: Error | null) => {
      clearTimeout(timer);
      breakOff(connection as unknown as MysqlConnection, new Error('The probe is over.'));
      if (error && driverCode(error) !== EMPTY && !isFull(error)) reject(error);
      else resolve();
    };
    const timer = setTimeout(() => end(Object.assign(new Error('No answer to the probe.'), { code: 'ETIMEDOUT' })), PROBE_MS);
    connection.on('error', end);
    connection.query('SELECT 1 FROM tenants LIMIT 1', end);
  });
}
