import mysql from 'mysql2/promise';
import type { PrivateMariaDb } from '../testbed/mariadb.ts';
import { createBenchClient } from './client.ts';
import { CLIENTS, clientIdOf, type Request, type Target } from './load.ts';
import { SECRET, type Subject, start, startLatchkey } from './subject.ts';

/** A server that was started, with what is sent to it for tokens. */
export type TokenTarget = Target & Subject;

/** What a server runs with beside its database. */
type Env = Record<string, string>;

/** A request for a token by Basic credentials. */
export function tokenRequest(clientId: string, secret: string): Request {
  return {
    ...FORM,
    path: '/connect/token',
    authorization: `Basic ${btoa(`${clientId}:${secret}`)}`,
    body: 'grant_type=client_credentials',
  };
}

const FORM = { method: 'POST', contentType: 'application/x-www-form-urlencoded' } as const;

/** oidc-provider as it comes: in-memory adapter, static clients, plain secrets. */
export async function startBare(env: Env = {}): Promise<TokenTarget> {
  return known(await start('bare oidc-provider', 'bench/bare-provider.ts', { path: '/.well-known/openid-configuration', env }));
}

/** The least that a token takes on node:http. */
export async function startLimit(env: Env = {}): Promise<TokenTarget> {
  return known(await start('limit', 'bench/limit.ts', { path: '/', env }));
}

/** Latchkey on SQLite. */
export async function startOnSqlite(env: Env = {}, name = 'Latchkey, SQLite'): Promise<TokenTarget> {
  return registered(await startLatchkey(name, env));
}

/** Latchkey on a database of its own in a MariaDB that is there. */
export async function startOnMariaDb(mariaDb: PrivateMariaDb, env: Env = {}, name = 'Latchkey, MariaDB'): Promise<TokenTarget> {
  return { ...(await registered(await startLatchkey(name, { ...(await createDatabase(mariaDb)), ...env }))), databasePids: [mariaDb.pid] };
}

const BUFFER_POOL_BYTES = 2 ** 31;

/** Holds the whole database, as who has so many tenants would let it; and a crash does not matter here. */
export async function enlarge({ url }: PrivateMariaDb): Promise<void> {
  const connection = await mysql.createConnection(url);
  await connection.query(`SET GLOBAL innodb_buffer_pool_size = ${BUFFER_POOL_BYTES}`);
  await connection.end();
}

let databases = 0;

/** Makes a database. @returns the settings for it */
export async function createDatabase({ url }: PrivateMariaDb): Promise<Env> {
  databases += 1;
  const name = `bench_${databases}`;
  const connection = await mysql.createConnection(url);
  await connection.query(`CREATE DATABASE ${name}`);
  await connection.end();
  return { DATABASE_URL: `${url}/${name}`, ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64') };
}

/** Those that have the clients from the start, all with one secret. */
function known(subject: Subject): TokenTarget {
  return { ...subject, requests: Array.from({ length: CLIENTS }, (_, index) => tokenRequest(clientIdOf(index), SECRET)) };
}

/** A server that gets the clients of the load now. */
export async function registered(subject: Subject): Promise<TokenTarget> {
  const requests: Request[] = [];
  for (let index = 0; index < CLIENTS; index += 1) {
    const clientId = clientIdOf(index);
    requests.push(tokenRequest(clientId, await createBenchClient(subject, clientId)));
  }
  return { ...subject, requests };
}
