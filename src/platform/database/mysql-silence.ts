import type { Readable } from 'node:stream';
import type { Connection } from 'mysql2';
import { Silent } from './faults.js';
import { breakOff, type MysqlConnection } from './mysql-connection.js';

/** Longer than anything may take that is asked while the server serves. */
const LONGEST_MS = 30_000;
const LOOK_EVERY_MS = 4_000;
/** The answer may be on its way the first time. */
const MOST_MISSES = 2;

type IsAtWork = () => Promise<boolean>;

const longWork = new WeakMap<object, IsAtWork>();

/**
 * Lets what is asked over a connection take as long as the server works at it.
 * @param isAtWork tells whether it does, within a few seconds
 * @returns what ends the permission
 */
export function allowLongWork(connection: object, isAtWork: IsAtWork): () => void {
  longWork.set(connection, isAtWork);
  return () => longWork.delete(connection);
}

/**
 * Breaks a connection off over which an answer does not come. A firewall, a proxy or a machine that stands still may swallow it without a
 * word, and whoever asked would wait for good.
 */
export function endSilence(connection: MysqlConnection): void {
  const ask = connection.query.bind(connection) as (...args: unknown[]) => unknown;
  const query = (...args: unknown[]) => {
    const done = args.at(-1);
    if (typeof done !== 'function') return ask(...args);
    const stop = watch(connection);
    const answered = (...answer: unknown[]) => {
      stop();
      done(...answer);
    };
    return ask(...args.slice(0, -1), answered);
  };
  Object.assign(connection, { query });
}

/**
 * Hands rows on, and breaks their connection off when the next does not come. Whoever takes them may take their time. The driver tells the
 * connection alone when that is broken off, and its rows nothing.
 */
export async function* endSilenceOfRows(connection: Connection, rows: Readable): AsyncGenerator<unknown[]> {
  const fail = (cause: Error) => rows.destroy(cause);
  let awaitedSince: number | undefined = performance.now();
  const look = () => {
    if (awaitedSince !== undefined && performance.now() - awaitedSince > LONGEST_MS)
      breakOff(connection as unknown as MysqlConnection, new Silent());
  };
  const timer = setInterval(look, LOOK_EVERY_MS);
  connection.once('error', fail);
  try {
    for await (const row of rows) {
      awaitedSince = undefined;
      yield row;
      awaitedSince = performance.now();
    }
  } finally {
    connection.off('error', fail);
    clearInterval(timer);
  }
}

/** @returns what ends it */
function watch(connection: MysqlConnection): () => void {
  const began = performance.now();
  let misses = 0;
  let isAnswered = false;
  const look = async () => {
    const isAtWork = longWork.get(connection);
    if (isAtWork) misses = (await isAtWork()) ? 0 : misses + 1;
    const isSilent = isAtWork ? misses === MOST_MISSES : performance.now() - began > LONGEST_MS;
    if (isSilent && !isAnswered) breakOff(connection, new Silent());
  };
  const timer = setInterval(() => void look(), LOOK_EVERY_MS);
  return () => {
    isAnswered = true;
    clearInterval(timer);
  };
}
