import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Another product under measurement, running as a process of its own in a folder of its own. */
export interface Peer {
  /** The product, its version, the hash of its client secrets and the algorithm of its tokens. */
  name: string;
  tokenUrl: string;
  /** Value of the Authorization header for each of 512 clients. */
  authorizations: string[];
  /** Its processes; their processor time together is the product's. */
  pids: number[];
  /** The form that asks for a token. */
  body: string;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
}

/** Where a product is set up: what it starts and writes is gone with its home. */
export interface PeerHome {
  folder: string;
  /** Starts the server and waits until `readyUrl` answers. @returns the id of the process */
  serve(command: string, args: readonly string[], readyUrl: string): Promise<number>;
}

/** What a product's own setup comes to. */
export interface PreparedPeer {
  /** Name and version. */
  product: string;
  /** How it keeps the secrets of clients. */
  hash: string;
  tokenUrl: string;
  authorizations: string[];
}

/** The scope that every client has and every request asks for. */
export const SCOPE = 'orders:read';
const BODY = new URLSearchParams({ grant_type: 'client_credentials', scope: SCOPE }).toString();
const CLIENTS = 512;
const READY_WITHIN_MS = 60_000;

const homes = new Set<{ folder: string; children: ChildProcess[] }>();
process.once('exit', () => {
  for (const { folder, children } of homes) {
    for (const child of children) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
});

/**
 * Sets a product up and checks it: a client gets a token, and a wrong secret is refused.
 *
 * @throws when the setup or the check fails; nothing of the product stays behind
 */
export async function startPeer(setUp: (home: PeerHome) => Promise<PreparedPeer>): Promise<Peer> {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-peer-'));
  const children: ChildProcess[] = [];
  const home = { folder, children };
  homes.add(home);
  const stop = async () => {
    await Promise.all(children.map(end));
    rmSync(folder, { recursive: true, force: true });
    homes.delete(home);
  };
  const serve: PeerHome['serve'] = async (command, args, readyUrl) => {
    const log = openSync(join(folder, 'log'), 'a');
    const child = spawn(command, args, { cwd: folder, stdio: ['ignore', log, log] });
    closeSync(log);
    children.push(child);
    await waitUntilReady(child, readyUrl);
    return child.pid as number;
  };
  try {
    const { product, hash, tokenUrl, authorizations } = await setUp({ folder, serve });
    const algorithm = await check(tokenUrl, authorizations);
    const pids = children.flatMap(({ pid }) => pid ?? []);
    return { name: `${product} (${hash}, ${algorithm})`, tokenUrl, authorizations, pids, body: BODY, stop };
  } catch (error) {
    const log = readLog(folder);
    await stop();
    throw new Error(`A peer did not start: ${error instanceof Error ? error.message : error}\n${log}`, { cause: error });
  }
}

/** Has the clients of the load created with secrets of 40 characters. @returns the Authorization header of each */
export async function createClients(create: (clientId: string, secret: string) => Promise<void>): Promise<string[]> {
  const clients = Array.from({ length: CLIENTS }, (_, index) => ({
    clientId: `bench-${index}`,
    secret: randomBytes(30).toString('base64url'),
  }));
  // One after the other: when several come at the same time, Glewlwyd loses the properties of some.
  for (const { clientId, secret } of clients) await create(clientId, secret);
  return clients.map(({ clientId, secret }) => basic(clientId, secret));
}

/** Sends JSON to a product's administration. @throws when it does not accept it */
export async function postJson(url: string, body: object, headers: Record<string, string> = {}): Promise<Response> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
  return response;
}

/** @returns the algorithm that signed the token, `opaque` when it is not a JWT */
async function check(tokenUrl: string, [first = '']: readonly string[]): Promise<string> {
  const granted = await requestToken(tokenUrl, first);
  const answer = await granted.text();
  if (granted.status !== 200) throw new Error(`A right secret was answered ${granted.status}: ${answer}`);
  const { access_token: token } = JSON.parse(answer) as { access_token?: unknown };
  if (typeof token !== 'string') throw new Error(`There is no token in ${answer}`);
  const refused = await requestToken(tokenUrl, basic('bench-0', 'x'.repeat(40)));
  if (![400, 401, 403].includes(refused.status)) throw new Error(`A wrong secret was answered ${refused.status}`);
  const [header = '', ...rest] = token.split('.');
  return rest.length === 2 ? JSON.parse(Buffer.from(header, 'base64url').toString()).alg : 'opaque';
}

function requestToken(tokenUrl: string, authorization: string): Promise<Response> {
  return fetch(tokenUrl, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/x-www-form-urlencoded' },
    body: BODY,
  });
}

function basic(clientId: string, secret: string): string {
  return `Basic ${btoa(`${clientId}:${secret}`)}`;
}

async function waitUntilReady(child: ChildProcess, url: string): Promise<void> {
  const deadline = Date.now() + READY_WITHIN_MS;
  const answers = () =>
    fetch(url).then(
      (response) => response.ok,
      () => false,
    );
  while (!(await answers())) {
    if (hasEnded(child)) throw new Error(`${child.spawnfile} ended with ${child.exitCode ?? child.signalCode}`);
    if (Date.now() > deadline) throw new Error(`${url} does not answer`);
    await sleep(50);
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

async function end(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
}

function readLog(folder: string): string {
  try {
    return readFileSync(join(folder, 'log'), 'utf8').slice(-2000);
  } catch {
    // It failed before it started anything.
    return '';
  }
}
