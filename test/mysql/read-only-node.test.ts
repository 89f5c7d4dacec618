import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mysql from 'mysql2/promise';
import { getToken, graphql, introspect, requestToken } from '../../testbed/app.js';
import { createMariaDb, hasMariaDb, type PrivateMariaDb } from '../../testbed/mariadb.js';
import { MysqlProxy } from '../../testbed/mysql-proxy.js';
import { answers, startProcess, type TestProcess, until } from '../../testbed/process.js';

/** These make a replica of a server, so they need two of their own; where only a remote one is given they are skipped. */
const itWithOwnServers = hasMariaDb() ? it : it.skip;
const USER = 'app';
const PASSWORD = 'private';
/** For how long whoever asks waits for a database. */
const PATIENCE_MS = 4_000;

let first: PrivateMariaDb;
let second: PrivateMariaDb;
let proxy: MysqlProxy;
let server: TestProcess;
let folder: string;
let admin: { clientId: string; secret: string };
let token: string;

beforeAll(async () => {
  if (!hasMariaDb()) return;
  folder = mkdtempSync(join(tmpdir(), 'latchkey-replica-'));
  [first, second] = await Promise.all([createMariaDb(), createMariaDb()]);
  await Promise.all([first.stop(), second.stop()]);
  await first.start('--log-bin=log', '--server-id=1');
  await second.start('--log-bin=log', '--server-id=2', '--log-slave-updates');
  const source = `MASTER_HOST='127.0.0.1', MASTER_PORT=${first.port}, MASTER_USER='root', MASTER_PASSWORD='${PASSWORD}', MASTER_USE_GTID=slave_pos`;
  // A user who may do everything may write to a node that only reads.
  const users = [`CREATE DATABASE moving`, `CREATE USER ${USER} IDENTIFIED BY '${PASSWORD}'`, `GRANT ALL ON moving.* TO ${USER}`];
  for (const statement of users) await ask(first, statement);
  await ask(second, 'RESET MASTER');
  await ask(second, `CHANGE MASTER TO ${source}`);
  await ask(second, 'START SLAVE');
  proxy = await new MysqlProxy(first.port).open();
  server = await startProcess({ url: `mysql://${USER}:${PASSWORD}@127.0.0.1:${proxy.port}/moving`, folder }, { LOG_LEVEL: 'warn' });
  await server.ready();
  admin = { clientId: 'admin', secret: server.printedSecret() as string };
  token = await getToken(server, admin);
});
afterAll(async () => {
  await server?.stop('SIGKILL');
  proxy?.close();
  await Promise.all([first?.remove(), second?.remove()]);
  if (folder) rmSync(folder, { recursive: true });
});

async function ask(node: PrivateMariaDb, statement: string): Promise<Record<string, unknown>[]> {
  const connection = await mysql.createConnection(node.url);
  try {
    const [rows] = await connection.query(statement);
    return Array.isArray(rows) ? (rows as Record<string, unknown>[]) : [];
  } finally {
    await connection.end();
  }
}

const create = (clientId: string) =>
  graphql(server, { token, query: `mutation { createClient(input: { name: "A", clientId: "${clientId}" }) { clientSecret } }` });

/** Makes a node the one that is written, as an orchestrator does it: the other only reads from then on, and new connections lead here. */
async function promote(node: PrivateMariaDb, other: PrivateMariaDb): Promise<void> {
  await ask(other, 'SET GLOBAL read_only = 1');
  const [{ position }] = (await ask(other, 'SELECT @@gtid_binlog_pos AS position')) as [{ position: string }];
  await ask(node, `SELECT MASTER_GTID_WAIT('${position}', 20)`);
  await ask(node, 'STOP SLAVE');
  await ask(node, 'SET GLOBAL read_only = 0');
  proxy.serverPort = node.port;
}

const connectionsTo = async (node: PrivateMariaDb) =>
  (await ask(node, `SELECT id FROM information_schema.processlist WHERE user = '${USER}'`)).length;

itWithOwnServers(
  'writes go on at the other node while one becomes read-only, once each, and nothing leads to the first any more',
  async () => {
    const made = new Map<string, string>();
    let isOver = false;
    const write = async (_: unknown, writer: number) => {
      for (let number = 0; !isOver; number += 1) {
        const { status, body } = await create(`moved-${writer}-${number}`);
        made.set(`moved-${writer}-${number}`, body.errors?.[0].extensions.code ?? String(status));
      }
    };
    const writers = Promise.all(Array.from({ length: 8 }, write));
    const enough = made.size + 20;
    await until(() => made.size > enough);
    const start = performance.now();
    await promote(second, first);
    const isSlow = performance.now() - start > PATIENCE_MS / 2;
    const more = made.size + 40;
    await until(() => made.size > more);
    isOver = true;
    await writers;
    const done = [...made.keys()].filter((id) => made.get(id) === '200');
    // While nobody may be written to, which here is the test's own doing, whoever asks is refused after the usual wait.
    const allowed = isSlow ? ['200', 'DATABASE_UNAVAILABLE'] : ['200'];
    expect([...made].filter(([, told]) => !allowed.includes(told))).toEqual([]);
    const stored = await ask(second, "SELECT client_id AS id FROM moving.clients WHERE client_id LIKE 'moved-%' ORDER BY 1");
    expect(stored.map(({ id }) => id)).toEqual(done.sort());
    const recorded = await ask(second, "SELECT id FROM moving.audit_events WHERE action = 'CREATE_CLIENT' AND object_id LIKE 'moved-%'");
    expect(recorded).toHaveLength(stored.length);
    expect(await connectionsTo(first)).toBe(0);
  },
);

itWithOwnServers('no token comes from a node that only reads: it may not have heard that the client was disabled', async () => {
  await create('forgotten');
  const { body } = await graphql(server, { token, query: 'mutation { rotateClientSecret(clientId: "forgotten") { clientSecret } }' });
  const forgotten = { clientId: 'forgotten', secret: body.data.rotateClientSecret.clientSecret };
  const issued = await getToken(server, forgotten);
  await Promise.all(Array.from({ length: 20 }, () => requestToken(server, forgotten)));
  // The node is cut off; another took its place, and there the client is gone. New connections lead to neither.
  await ask(second, 'SET GLOBAL read_only = 1');
  const seen = await Promise.all([
    ...Array.from({ length: 20 }, () => requestToken(server, forgotten)),
    introspect(server, admin, issued),
    graphql(server, { token, query: '{ clients { totalCount } }' }),
  ]);
  expect([...new Set(seen.map(({ status }) => status))]).toEqual([503]);
  expect(await answers(`${server.url}/health/ready`, 503)).toBe(true);
  expect(await answers(`${server.url}/.well-known/jwks.json`, 200)).toBe(true);
  await until(() => server.output().includes('"code":"READ_ONLY"'));
  await ask(second, 'SET GLOBAL read_only = 0');
  await server.ready();
  expect((await requestToken(server, forgotten)).status).toBe(200);
});

itWithOwnServers('who may write to a node that only reads does not do so either', async () => {
  await ask(second, `GRANT READ ONLY ADMIN ON *.* TO ${USER}`);
  proxy.cut();
  await until(async () => (await requestToken(server, admin)).status === 200);
  await ask(second, 'SET GLOBAL read_only = 1');
  expect((await create('stray')).status).toBe(503);
  expect(await ask(second, "SELECT id FROM moving.clients WHERE client_id = 'stray'")).toEqual([]);
  await ask(second, 'SET GLOBAL read_only = 0');
  await server.ready();
  expect((await create('stray')).status).toBe(200);
});
