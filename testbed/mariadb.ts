import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import mysql from 'mysql2/promise';
import { freePort } from './free-port.ts';
import { scratchFolder } from './scratch.ts';

/** A MariaDB server of our own, on its own data directory and a free port of the loopback. */
export interface PrivateMariaDb {
  /** `mysql://…@127.0.0.1:port`, without a database name. */
  url: string;
  port: number;
  socketPath: string;
  /** Runs SQL as its administrator, who is let in whatever it demands of others. */
  administer(sql: string): Promise<Record<string, unknown>[]>;
  /** Of the process that runs now. */
  readonly pid: number;
  /** Starts it again on the same data after `stop`. @param options of the server, beside the usual ones */
  start(...options: string[]): Promise<void>;
  /** Ends it, keeping its data. */
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** Ends it and removes its data. */
  remove(): Promise<void>;
}

const BINARY = '/usr/sbin/mariadbd';
const PASSWORD = 'private';
const READY_WITHIN_MS = 60_000;

/** Whether Debian's `mariadb-server` is installed. */
export function hasMariaDb(): boolean {
  return spawnSync(BINARY, ['--version']).status === 0;
}

/** Makes a data directory and starts a server on it. @param parent the folder that it is made in @param options of `mariadbd` */
export async function createMariaDb(parent = scratchFolder(), options: readonly string[] = []): Promise<PrivateMariaDb> {
  const folder = mkdtempSync(join(parent, 'latchkey-mariadb-'));
  // A server that starts removes the temporary tables that it finds, whoever they are of.
  const temporary = mkdtempSync(join(scratchFolder(), 'latchkey-mariadb-tmp-'));
  const env = { ...process.env, TMPDIR: temporary };
  const user = process.getuid?.() === 0 ? ['--user=root'] : [];
  const data = [`--datadir=${folder}/data`, ...user];
  const made = spawnSync('mariadb-install-db', ['--no-defaults', ...data, '--auth-root-authentication-method=normal', '--skip-test-db'], {
    encoding: 'utf8',
    env,
  });
  if (made.status !== 0) throw new Error(`mariadb-install-db failed: ${made.stderr}`);
  const port = await freePort();
  let server: ChildProcess | undefined;

  const start = async (...more: string[]) => {
    const init = `ALTER USER root@localhost IDENTIFIED BY '${PASSWORD}'`;
    server = spawn(
      BINARY,
      [
        '--no-defaults',
        ...data,
        `--port=${port}`,
        '--bind-address=127.0.0.1',
        `--socket=${folder}/socket`,
        '--innodb-buffer-pool-size=256M',
        // As newer releases have it by themselves: stricter with transactions that read before they write.
        '--loose-innodb-snapshot-isolation=ON',
        ...options,
        ...more,
      ],
      { stdio: 'ignore', env },
    );
    await waitUntilReady(`${folder}/socket`, init);
  };
  const stop = async (signal: NodeJS.Signals = 'SIGTERM') => {
    if (!server || server.exitCode !== null || server.signalCode !== null) return;
    const ended = new Promise((resolve) => server?.once('exit', resolve));
    server.kill(signal);
    await ended;
  };
  await start();
  return {
    url: `mysql://root:${PASSWORD}@127.0.0.1:${port}`,
    port,
    socketPath: `${folder}/socket`,
    administer: async (sql) => {
      const connection = await connect(`${folder}/socket`);
      const [rows] = await connection.query(sql).finally(() => connection.end());
      return Array.isArray(rows) ? (rows as Record<string, unknown>[]) : [];
    },
    get pid() {
      return server?.pid as number;
    },
    start,
    stop,
    remove: async () => {
      await stop('SIGKILL');
      for (const own of [folder, temporary]) rmSync(own, { recursive: true, force: true });
    },
  };
}

async function waitUntilReady(socketPath: string, init: string): Promise<void> {
  const end = Date.now() + READY_WITHIN_MS;
  for (;;) {
    try {
      const connection = await connect(socketPath);
      await connection.query(init);
      await connection.end();
      return;
    } catch (error) {
      if (Date.now() > end) throw new Error('mariadbd did not start', { cause: error });
      await sleep(50);
    }
  }
}

async function connect(socketPath: string) {
  try {
    return await mysql.createConnection({ socketPath, user: 'root', password: PASSWORD });
  } catch {
    return mysql.createConnection({ socketPath, user: 'root' });
  }
}
