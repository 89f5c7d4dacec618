import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { StartupError } from '../platform/errors.js';

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
const CLIENT_OPTIONS = ['--binary-mode', '--default-character-set=utf8mb4', '--max-allowed-packet=1G'];

/**
 * Writes all tables of a database into a file, as they are at one moment.
 * @param path a new file, of mode 0600
 * @throws {StartupError} when the tool is not installed or fails
 */
export async function dump(url: URL, path: string, signal: AbortSignal): Promise<void> {
  const tool = find(DUMPERS, 'Backing up');
  const file = await open(path, 'wx', 0o600);
  try {
    await withOptionFile(url, async (options) => {
      const args = [options, ...DUMP_OPTIONS, nameOf(url)];
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
export async function load(url: URL, sql: NodeJS.ReadableStream, signal: AbortSignal): Promise<void> {
  const tool = find(CLIENTS, 'Restoring');
  await withOptionFile(url, async (options) => {
    const child = spawn(tool, [options, ...CLIENT_OPTIONS, nameOf(url)], { stdio: ['pipe', 'ignore', 'pipe'], signal });
    // One that fails closes its input, and tells why on its own.
    const [, outcome] = await Promise.allSettled([pipeline(sql, child.stdin as NodeJS.WritableStream), finish(tool, child)]);
    if (outcome.status === 'rejected') throw outcome.reason;
  });
}

/** The name of the database in a URL. */
export function nameOf(url: URL): string {
  return decodeURIComponent(url.pathname.slice(1));
}

function find(names: readonly string[], doing: string): string {
  const found = names.find((name) => spawnSync(name, ['--version']).status === 0);
  if (found) return found;
  throw new StartupError(
    `${doing} takes ${names.join(' or ')}, and neither is installed: install the client tools of MariaDB or MySQL (mariadb-client). Nothing was changed.`,
  );
}

/** The password is neither among the arguments, which everybody on the machine can read, nor in the environment. */
async function withOptionFile(url: URL, work: (option: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-mysql-'));
  const path = join(folder, 'options.cnf');
  const lines = [
    ...['[client]', 'protocol=tcp', `host=${quote(url.hostname)}`, `port=${url.port || 3306}`],
    ...[`user=${quote(decodeURIComponent(url.username))}`, `password=${quote(decodeURIComponent(url.password))}`],
  ];
  try {
    writeFileSync(path, `${lines.join('\n')}\n`, { mode: 0o600 });
    await work(`--defaults-file=${path}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function quote(value: string): string {
  return `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
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
