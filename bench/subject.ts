import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../testbed/free-port.ts';
import { processorSecondsOf, residentMegabytesOf } from './processes.ts';

/** A server under measurement: a process of its own on the same Node as the bench. */
export interface Subject {
  name: string;
  url: string;
  secret: string;
  /** The process that was started; others may have been started by it. */
  pids: readonly number[];
  /** Milliseconds from the start of the process to its first answer. */
  startedAfter: number;
  /** Processor seconds of its processes so far. */
  processorSeconds(): number;
  /** Resident memory of its processes in megabytes. */
  residentMegabytes(): number;
  /** Where it runs; SQLite's database is in it. */
  folder: string;
  /** Ends it and keeps its folder. */
  end(): Promise<void>;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
}

/** A secret for the administrator or the bare provider's client; any 32 characters will do. */
export const SECRET = 'a-secret-for-measurements-only-0123456789';
const root = join(import.meta.dirname, '..');

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Starts a program and waits for it to answer on `path`. */
export async function start(
  name: string,
  script: string,
  {
    env = {},
    path,
    folder = mkdtempSync(join(tmpdir(), 'latchkey-bench-')),
  }: { env?: Record<string, string>; path: string; folder?: string | undefined },
): Promise<Subject> {
  const port = await freePort();
  const began = performance.now();
  const child = spawn(process.execPath, [join(root, script)], {
    cwd: folder,
    env: {
      DATABASE_URL: `sqlite:${folder}/data/latchkey.db`,
      PATH: process.env.PATH,
      PORT: String(port),
      SECRET,
      ADMIN_CLIENT_SECRET: SECRET,
      LOG_LEVEL: 'info',
      ...env,
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  running.add(child);
  const url = `http://localhost:${port}`;
  while (!(await answers(url + path))) await sleep(5);
  const pids = [child.pid as number];
  return {
    name,
    url,
    secret: SECRET,
    startedAfter: performance.now() - began,
    pids,
    processorSeconds: () => processorSecondsOf(pids),
    residentMegabytes: () => residentMegabytesOf(pids),
    folder,
    end: () => end(child),
    stop: async () => {
      await end(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Latchkey on the database that `env` names, SQLite in a folder of its own otherwise. */
export function startLatchkey(name: string, env: Record<string, string> = {}, folder?: string): Promise<Subject> {
  return start(name, 'dist/src/main.js', { env, path: '/health/ready', folder });
}

async function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    (response) => response.status < 500,
    () => false,
  );
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
}
