import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { StartupError } from '../platform/errors.js';
import type { MysqlServer } from '../platform/mysql-server.js';
import { SET_SESSION } from '../platform/mysql-session.js';
import { type ToolMaker, withOptionFile } from './mysql-tool-options.js';

/** Under the name that MariaDB gives it and the one that MySQL does. */
const DUMPERS = ['mariadb-dump', 'mysqldump'];
const CLIENTS = ['mariadb', 'mysql'];
const MOST_TOLD = 10_000;
const LONGEST_REASON = 300;

/** What only MySQL's tool knows is loose: MariaDB's goes on without it. The product has no routines, triggers or events. */
const DUMP_OPTIONS = [
  ...['--single-transaction', '--quick', '--hex-blob', '--default-character-set=utf8mb4', '--max-allowed-packet=1G'],
  ...['--no-tablespaces', '--skip-triggers', '--skip-lock-tables', '--skip-add-locks', '--skip-add-drop-table', '--skip-comments'],
  ...['--loose-set-gtid-purged=OFF', '--loose-column-statistics=0'],
];
/** In binary mode nothing in the file is a command of the client's own, such as one that runs a shell. */
const CLIENT_OPTIONS = ['--binary-mode', '--default-character-set=utf8mb4', '--max-allowed-packet=1G', `--init-command=${SET_SESSION}`];

/**
 * Writes all tables of a database into a file, as they are at one moment.
 * @param path a new file, of mode 0600
 * @throws {StartupError} when the tool is not installed or fails
 */
export async function dump(server: MysqlServer, path: string, signal: AbortSignal): Promise<void> {
  const { tool, maker } = find(DUMPERS, 'Backing up');
  const file = await open(path, 'wx', 0o600);
  try {
    await withOptionFile(server, maker, async (options) => {
      const args = [options, ...DUMP_OPTIONS, server.settings.database];
      await finish(tool, spawn(tool, args, { stdio: ['ignore', file.fd, 'pipe'], signal }));
    });
  } finally {
    await file.close();
  }
}

/**
 * Runs what {@link dump} wrote in an empty database.
 * @throws {StartupError} when the tool is not installed or fails
 */
export async function load(server: MysqlServer, sql: NodeJS.ReadableStream, signal: AbortSignal): Promise<void> {
  const { tool, maker } = find(CLIENTS, 'Restoring');
  await withOptionFile(server, maker, async (options) => {
    const child = spawn(tool, [options, ...CLIENT_OPTIONS, server.settings.database], { stdio: ['pipe', 'ignore', 'pipe'], signal });
    // One that fails closes its input, and tells why on its own.
    const [, outcome] = await Promise.allSettled([pipeline(sql, child.stdin as NodeJS.WritableStream), finish(tool, child)]);
    if (outcome.status === 'rejected') throw outcome.reason;
  });
}

function find(names: readonly string[], doing: string): { tool: string; maker: ToolMaker } {
  for (const tool of names) {
    const { status, stdout } = spawnSync(tool, ['--version'], { encoding: 'utf8' });
    if (status === 0) return { tool, maker: /mariadb/i.test(stdout) ? 'mariadb' : 'mysql' };
  }
  throw new StartupError(
    `${doing} takes ${names.join(' or ')}, and neither is installed: install the client tools of MariaDB or MySQL (mariadb-client). Nothing was changed.`,
  );
}

async function finish(tool: string, child: ChildProcess): Promise<void> {
  let told = '';
  child.stderr?.on('data', (chunk) => {
    told = (told + chunk).slice(0, MOST_TOLD);
  });
  const [code, signal] = await once(child, 'close');
  if (code === 0) return;
  throw new StartupError(`${tool} failed (${signal ?? code}): ${reasonIn(told)}. Nothing was changed.`);
}

/** The first line that is more than a warning; not what the tool repeats of the data. */
function reasonIn(told: string): string {
  const line = told.split('\n').find((text) => text !== '' && !/warning/i.test(text));
  return line?.split(/\.?\s*(?:; check the manual| near ')/)[0]?.slice(0, LONGEST_REASON) ?? 'it does not say why';
}
