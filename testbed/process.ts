import { type ChildProcess, spawn } from 'node:child_process';
import { get } from 'node:https';
import { connect } from 'node:net';
import { isAbsolute, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestDatabase } from './database.ts';
import { ENCRYPTION_KEY } from './encryption-key.ts';
import { freePort } from './free-port.ts';

const root = join(import.meta.dirname, '..');
/** The one bound for whatever is waited for: a machine that is ten times slower is still in time, and what never comes is told before the test's own. */
const WITHIN_MS = 120_000;

/** A program of the product, running as a process of its own. */
export interface TestProcess {
  url: string;
  port: number;
  child: ChildProcess;
  /** Everything it has written so far. */
  output(): string;
  /** The administrator's secret as it was printed. */
  printedSecret(): string | undefined;
  /** Waits until it is ready. */
  ready(): Promise<void>;
  /** Ends it. @returns its exit code, or the signal that ended it */
  stop(signal?: NodeJS.Signals): Promise<number | NodeJS.Signals | null>;
  /** Waits for its end. @returns its exit code, or the signal that ended it */
  exit: Promise<number | NodeJS.Signals | null>;
}

const MAIN = join(root, 'dist/src/main.js');

/** Starts what is built on a database. Settings that are undefined are left out. @param name of what there is to run, or the path of another state's program */
export async function startProcess(
  database: Pick<TestDatabase, 'url' | 'folder'>,
  settings: Record<string, string | undefined> = {},
  name = 'start',
  ...args: string[]
): Promise<TestProcess> {
  const port = Number(settings.PORT ?? (await freePort()));
  const env = { PATH: process.env.PATH, PORT: String(port), DATABASE_URL: database.url, ENCRYPTION_KEY, ...settings };
  const child = spawn(process.execPath, [...(isAbsolute(name) ? [name] : [MAIN, name]), ...args], {
    cwd: database.folder,
    env: JSON.parse(JSON.stringify(env)),
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const exit = new Promise<number | NodeJS.Signals | null>((resolve) => child.once('close', (code, signal) => resolve(signal ?? code)));
  const url = `${settings.TLS_CERT_FILE ? 'https' : 'http'}://localhost:${port}`;
  return {
    url,
    port,
    child,
    exit,
    output: () => output,
    printedSecret: () => /Secret key\s+(\S+)/.exec(output)?.[1],
    ready: () =>
      until(
        () => answers(`${url}/health/ready`, 200),
        () => output,
      ),
    stop: async (signal = 'SIGTERM') => {
      child.kill(signal);
      return exit;
    },
  };
}

/** Waits until a condition holds. @param describe what to tell when it never does */
export async function until(
  condition: () => Promise<boolean> | boolean,
  describe: () => string = () => '',
  withinMs = WITHIN_MS,
): Promise<void> {
  const end = Date.now() + withinMs;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`waited in vain: ${describe()}`);
    await sleep(20);
  }
}

/** Whether somebody listens on a port of the loopback. */
export function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** Whether a URL answers with this status. Over https whoever does is believed. */
export async function answers(url: string, status: number): Promise<boolean> {
  if (url.startsWith('https:')) return (await statusOver(url)) === status;
  return fetch(url).then(
    (response) => response.status === status,
    () => false,
  );
}

function statusOver(url: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const options = { agent: false, rejectUnauthorized: false } as const;
    get(url, options, (response) => resolve(response.resume().statusCode)).once('error', () => resolve(undefined));
  });
}
