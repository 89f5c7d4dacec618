import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import autocannon from 'autocannon';
import { processorSecondsOf } from './processes.ts';

/** How many clients a load speaks for. */
export const CLIENTS = 512;

/** The client id of one of them. */
export function clientIdOf(index: number): string {
  return `bench-${index}`;
}

/** One request of a load. Nothing in it may have a tab or a line's end. */
export interface Request {
  method: 'GET' | 'POST';
  path: string;
  /** Value of the Host header where it is not that of the URL. */
  host?: string | undefined;
  authorization: string;
  contentType: string;
  body: string;
}

/** What is loaded: an address, the requests that are sent to it in turn, and the processes whose work counts. */
export interface Target {
  name: string;
  /** Origin. */
  url: string;
  requests: readonly Request[];
  /** Process ids; those that they started count with them. */
  pids: readonly number[];
  /** The same for the database behind it, where that has processes of its own. */
  databasePids?: readonly number[] | undefined;
}

/** How a target is loaded: connections that are kept alive, each sending its next request when it has its answer. */
export interface Load {
  connections: number;
  seconds: number;
}

/** What one turn of load came to. */
export interface Round {
  perSecond: number;
  /** Milliseconds. */
  p50: number;
  p99: number;
  /** Of the whole tree of processes, for each answer. */
  processorMicroseconds: number;
  /** Of the database behind it, for each answer. */
  databaseMicroseconds: number;
}

interface Answers {
  answers: number;
  microseconds: number;
  refused: number;
  failed: number;
  p50: number;
  p99: number;
}

const run = promisify(execFile);
const hasWrk = spawnSync('wrk', ['-v']).error === undefined;

/** What makes the load: wrk where it is installed, since it takes the least from the server, autocannon otherwise. */
export const GENERATOR = hasWrk ? 'wrk' : 'autocannon';

/** Loads a target once. @throws when one answer is not a success: a refusal is cheaper than what is measured */
export async function runLoad(target: Target, load: Load): Promise<Round> {
  const [before, databaseBefore] = [processorSecondsOf(target.pids), processorSecondsOf(target.databasePids ?? [])];
  const { answers, microseconds, refused, failed, p50, p99 } = await (hasWrk ? runWrk(target, load) : runAutocannon(target, load));
  const processorSeconds = processorSecondsOf(target.pids) - before;
  const databaseSeconds = processorSecondsOf(target.databasePids ?? []) - databaseBefore;
  if (refused > 0 || failed > 0 || answers === 0)
    throw new Error(`${target.name}: ${answers} answers, ${refused} refused, ${failed} failed`);
  return {
    perSecond: (answers / microseconds) * 1e6,
    p50: p50 / 1000,
    p99: p99 / 1000,
    processorMicroseconds: (processorSeconds / answers) * 1e6,
    databaseMicroseconds: (databaseSeconds / answers) * 1e6,
  };
}

async function runWrk({ url, requests }: Target, { connections, seconds }: Load): Promise<Answers> {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-load-'));
  const file = join(folder, 'requests');
  writeFileSync(file, requests.map((request) => toLine(request, url)).join('\n'));
  const script = join(import.meta.dirname, 'load.lua');
  const { stdout } = await run('wrk', ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '20s', '-s', script, url, '--', file]);
  rmSync(folder, { recursive: true });
  return JSON.parse(stdout.trim().split('\n').at(-1) as string);
}

function toLine({ method, path, host, authorization, contentType, body }: Request, url: string): string {
  return [method, path, host ?? new URL(url).host, authorization, contentType, body].join('\t');
}

async function runAutocannon({ url, requests }: Target, { connections, seconds }: Load): Promise<Answers> {
  const own = Math.max(1, Math.floor(requests.length / connections));
  let connected = 0;
  const result = await autocannon({
    url,
    connections,
    duration: seconds,
    timeout: 20,
    setupClient: (connection) => {
      const start = (connected++ * own) % requests.length;
      connection.setRequests(requests.slice(start, start + own).map(toAutocannon));
    },
  });
  const { p50, p99 } = result.latency;
  return {
    answers: result['2xx'],
    microseconds: result.duration * 1e6,
    refused: result.non2xx,
    failed: result.errors,
    p50: p50 * 1000,
    p99: p99 * 1000,
  };
}

function toAutocannon({ method, path, host, authorization, contentType, body }: Request): autocannon.Request {
  return { method, path, body, headers: { ...(host ? { host } : {}), authorization, 'content-type': contentType } };
}
