import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mysql from 'mysql2/promise';
import { readAnswer } from '../../testbed/answer.js';
import { getToken, graphql, introspect, postForm, requestToken } from '../../testbed/app.js';
import { createMariaDb, hasMariaDb, type PrivateMariaDb } from '../../testbed/mariadb.js';
import { answers, startProcess, type TestProcess, until } from '../../testbed/process.js';
import { cookieName, getSession, postSession } from '../../testbed/session.js';
import { logOf } from '../../testbed/workers.js';

/** These take a server away, so they need one of their own; where only a remote one is given they are skipped. */
const itWithOwnServer = hasMariaDb() ? it : it.skip;

let mariaDb: PrivateMariaDb;
let folder: string;
const running: TestProcess[] = [];

beforeAll(async () => {
  if (!hasMariaDb()) return;
  mariaDb = await createMariaDb();
  const connection = await mysql.createConnection(mariaDb.url);
  await connection.query('CREATE DATABASE away');
  await connection.end();
  folder = mkdtempSync(join(tmpdir(), 'latchkey-away-'));
});
afterAll(async () => {
  await Promise.all(running.map((process) => process.stop('SIGKILL')));
  await mariaDb?.remove();
  if (folder) rmSync(folder, { recursive: true });
});

async function start(settings: Record<string, string> = {}): Promise<TestProcess> {
  const process = await startProcess({ url: `${mariaDb.url}/away`, folder }, settings);
  running.push(process);
  return process;
}

let administrator: { clientId: string; secret: string };

itWithOwnServer('PROTOCOL 23: waits for a database that is away at start, live and not ready, and serves when it is back', async () => {
  await mariaDb.stop();
  const server = await start();
  await until(() => server.output().includes('does not answer yet'));
  expect(await answers(`${server.url}/health/live`, 200)).toBe(true);
  expect(await answers(`${server.url}/health/ready`, 503)).toBe(true);
  const refused = await requestToken(server, { clientId: 'admin', secret: 'x' });
  expect([refused.status, refused.body.error]).toEqual([503, 'temporarily_unavailable']);
  expect(refused.headers.get('retry-after')).toMatch(/^\d+$/);
  await mariaDb.start();
  await server.ready();
  administrator = { clientId: 'admin', secret: server.printedSecret() as string };
  expect((await requestToken(server, administrator)).status).toBe(200);
  await server.stop();
});

itWithOwnServer('PROTOCOL 23: answers 503 while the database is away, says nothing of it, and recovers alone', async () => {
  const server = await start();
  await server.ready();
  const token = await getToken(server, administrator);
  const published = await readAnswer(fetch(`${server.url}/.well-known/jwks.json`));
  await mariaDb.stop('SIGKILL');
  // Whoever checks tokens by themselves goes on doing so.
  expect((await readAnswer(fetch(`${server.url}/.well-known/jwks.json`))).body).toEqual(published.body);
  expect(await answers(`${server.url}/.well-known/openid-configuration`, 200)).toBe(true);
  const answersNow = [
    await requestToken(server, administrator),
    await introspect(server, administrator, token),
    await postForm(server, '/connect/revocation', { credentials: administrator, body: { token } }),
    await postForm(server, '/connect/leaked', { body: { token: administrator.secret } }),
    await postSession(server, administrator),
    await getSession(server, `${cookieName(server, 'session')}=x`),
    await readAnswer(fetch(`${server.url}/session/start`)),
    await graphql(server, { token, query: '{ viewer { clientId } }' }),
    await graphql(server, { token, query: 'mutation { deleteClient(clientId: "x") { clientId } }' }),
  ];
  for (const { status, headers, text } of answersNow) {
    expect(status).toBe(503);
    expect(headers.get('retry-after')).toMatch(/^\d+$/);
    expect(text).not.toMatch(/ECONN|127\.0\.0\.1|sql|PROTOCOL_/i);
  }
  for (const { body } of answersNow.slice(-2)) expect(body.errors[0].extensions).toEqual({ code: 'DATABASE_UNAVAILABLE' });
  expect(await answers(`${server.url}/health/live`, 200)).toBe(true);
  expect(await answers(`${server.url}/health/ready`, 503)).toBe(true);
  await mariaDb.start();
  await server.ready();
  expect((await requestToken(server, administrator)).status).toBe(200);
});

itWithOwnServer('stops at once when it is told to while it waits', async () => {
  await mariaDb.stop();
  const server = await start();
  await until(() => server.output().includes('does not answer yet'));
  expect(await server.stop()).toBe(0);
  await mariaDb.start();
});

itWithOwnServer('waits for a socket that is not there at start', async () => {
  const url = `${mariaDb.url.replace(/@.*/, '@localhost')}/away?socket=${mariaDb.socketPath}`;
  await mariaDb.stop();
  const server = await start({ DATABASE_URL: url });
  await until(() => server.output().includes('there is no socket where DATABASE_URL names one'), server.output);
  await mariaDb.start();
  await server.ready();
});

itWithOwnServer('says where nothing answers, and ends a migration that waits in a sentence', async () => {
  await mariaDb.stop();
  const command = await startProcess({ url: `${mariaDb.url}/away`, folder }, {}, 'migrate');
  running.push(command);
  await until(() => command.output().includes('does not answer yet'));
  expect(command.output()).toContain('nothing answers at the address in DATABASE_URL');
  expect(await command.stop()).toBe(1);
  expect(command.output()).toMatch(/\nThe command was ended before the database answered\. Nothing was changed\.\n$/);
  await mariaDb.start();
});

itWithOwnServer('keeps whoever asks waiting while it starts anew, and refuses nobody', async () => {
  const server = await start();
  await server.ready();
  const token = await getToken(server, administrator);
  await mariaDb.stop('SIGKILL');
  const asked = Promise.all([
    requestToken(server, administrator),
    introspect(server, administrator, token),
    graphql(server, { token, query: '{ clients { totalCount } }' }),
    graphql(server, { token, query: 'mutation { createClient(input: { name: "A", clientId: "waited" }) { clientSecret } }' }),
  ]);
  await mariaDb.start();
  const [issued, , , created] = await asked;
  expect((await asked).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  expect(issued.body.token_type).toBe('Bearer');
  const client = { clientId: 'waited', secret: created.body.data.createClient.clientSecret };
  expect((await requestToken(server, client)).status).toBe(200);
  await server.stop();
});

itWithOwnServer('serves over the connections that it has when the database takes no more', async () => {
  const server = await start();
  await server.ready();
  const token = await getToken(server, administrator);
  const others: mysql.Connection[] = [];
  const connection = await mysql.createConnection(mariaDb.url);
  await connection.query('SET GLOBAL max_connections = 20');
  try {
    const isFull = async () =>
      mysql.createConnection(mariaDb.url).then(
        (one) => void others.push(one),
        (error) => error.code === 'ER_CON_COUNT_ERROR',
      );
    while (!(await isFull()));
    const create = (_: unknown, index: number) =>
      graphql(server, { token, query: `mutation { createClient(input: { name: "Full", clientId: "full-${index}" }) { clientSecret } }` });
    const created = await Promise.all(Array.from({ length: 20 }, create));
    expect(created.map(({ status, body }) => [status, body.errors])).toEqual(created.map(() => [200, undefined]));
    expect(server.output()).not.toContain('does not answer');
  } finally {
    for (const other of others) other.destroy();
    await connection.query('SET GLOBAL max_connections = 200');
    await connection.end();
    await server.stop();
  }
});

itWithOwnServer('says of a database that is frozen why it is not served', async () => {
  const server = await start();
  await server.ready();
  process.kill(mariaDb.pid, 'SIGSTOP');
  try {
    expect((await requestToken(server, administrator)).status).toBe(503);
    await until(() => server.output().includes('the database does not serve'));
  } finally {
    process.kill(mariaDb.pid, 'SIGCONT');
  }
  const told = logOf(server).filter(({ msg }) => /^the database does not/.test(String(msg)));
  expect(told.map(({ code }) => code)).toEqual(told.map(() => expect.stringMatching(/^(ETIMEDOUT|SILENT)$/)));
  await server.ready();
  await server.stop();
});
