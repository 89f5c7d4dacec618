import { getToken, graphql, requestToken } from '../../testbed/app.js';
import { createTestDatabase, type TestDatabase } from '../../testbed/database.js';
import { MysqlProxy, type Refusal } from '../../testbed/mysql-proxy.js';
import { answers, startProcess, type TestProcess, until } from '../../testbed/process.js';

/** As servers word them. */
const REFUSALS: [string, Refusal][] = [
  ['too many connections (1040)', { errno: 1040, message: 'Too many connections' }],
  ['a password that was changed (1045)', { errno: 1045, message: "Access denied for user 'app'@'localhost' (using password: YES)" }],
  ['a right that was taken (1044)', { errno: 1044, message: "Access denied for user 'app'@'%' to database 'latchkey'" }],
  ['a host that is blocked (1129)', { errno: 1129, message: "Host '127.0.0.1' is blocked because of many connection errors" }],
  ['a host that is not allowed (1130)', { errno: 1130, message: "Host '127.0.0.1' is not allowed to connect to this MariaDB server" }],
  ['no thread (1135)', { errno: 1135, message: "Can't create a new thread (errno 11)" }],
  ['too many of one user (1203)', { errno: 1203, message: "User app already has more than 'max_user_connections' active connections" }],
  ['a limit of the user (1226)', { errno: 1226, message: "User 'app' has exceeded the 'max_connections_per_hour' resource" }],
  ['a way to prove oneself that was changed (1698)', { errno: 1698, message: "Access denied for user 'app'@'localhost'" }],
  ['a password that has expired (1862)', { errno: 1862, message: 'Your password has expired.' }],
  ['an account that is locked (3118)', { errno: 3118, message: "Access denied for user 'app'@'localhost'. Account is locked." }],
  ['an account that is locked, of MariaDB (4151)', { errno: 4151, message: 'Access denied, this account is locked' }],
  ['what nobody has heard of (4999)', { errno: 4999, message: 'Not today' }],
  ['a shutdown that is not over yet (1053)', { errno: 1053, message: 'Server shutdown in progress' }],
  ['no server behind the proxy (2003)', { errno: 2003, message: "Can't connect to remote MySQL server" }],
  ['a connection that ends', 'end'],
  ['no answer at all', 'silence'],
];

const POOL_SIZE = 10;
const password = 'first';
let database: TestDatabase;
let proxy: MysqlProxy;
let administrator: { clientId: string; secret: string };
const running: TestProcess[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  proxy = await new MysqlProxy(Number(new URL(database.url).port)).open();
});
afterAll(async () => {
  await Promise.all(running.map((server) => server.stop('SIGKILL')));
  proxy?.close();
  await database.remove();
});

async function start(user: string, port: number): Promise<TestProcess> {
  const url = new URL(database.url);
  Object.assign(url, { username: user, password, port: String(port) });
  const server = await startProcess({ url: url.href, folder: database.folder }, { LOG_LEVEL: 'warn' });
  running.push(server);
  await server.ready();
  administrator ??= { clientId: 'admin', secret: server.printedSecret() as string };
  return server;
}

/** A user of the database, who may be limited. */
async function addUser(name: string, limits = ''): Promise<string> {
  const unique = `${name}_${process.pid}`;
  await database.query(`CREATE USER ${unique} IDENTIFIED BY '${password}' ${limits}`);
  await database.query(`GRANT ALL ON \`${new URL(database.url).pathname.slice(1)}\`.* TO ${unique}`);
  return unique;
}

/** Ends the connections of a user but for some. */
async function endConnections(user: string, but = 0): Promise<void> {
  for (const { id } of (await connectionsOf(user)).slice(but)) await database.query(`KILL ${Number(id)}`);
  await until(async () => (await connectionsOf(user)).length <= but);
}

function connectionsOf(user: string): Promise<Record<string, unknown>[]> {
  return database.query('SELECT id FROM information_schema.processlist WHERE user LIKE ?', [`${user}%`]);
}

let created = 0;

/** Asks for more at once than there are connections. @returns the statuses that came, with what else an answer told of a fault */
async function useAll(server: TestProcess, ofEach = 15): Promise<unknown[]> {
  const token = await getToken(server, administrator);
  const create = () => {
    created += 1;
    const query = `mutation { createClient(input: { name: "A", clientId: "crowd-${created}" }) { clientSecret } }`;
    return graphql(server, { token, query });
  };
  const asked = [...Array.from({ length: ofEach }, create), ...Array.from({ length: ofEach }, () => requestToken(server, administrator))];
  return [...new Set((await Promise.all(asked)).map(({ status, body }) => (body.errors ? JSON.stringify(body.errors) : status)))];
}

describe('while open connections work, new ones may be refused for', () => {
  let server: TestProcess;
  beforeAll(async () => {
    server = await start(await addUser('refused'), proxy.port);
  });
  beforeEach(async () => {
    proxy.refuseNew();
    // What was refused is asked for again after a while.
    await until(async () => {
      await useAll(server);
      return (await connectionsOf('refused')).length === POOL_SIZE;
    });
    await endConnections('refused', 2);
  });

  it.each(REFUSALS)('%s: nobody notices', async (_name, refusal) => {
    const before = server.output().length;
    const { refused } = proxy;
    proxy.refuseNew(refusal);
    const told = await useAll(server, 6);
    // Patience: who waits two seconds in vain for a new one has, on a slow machine, no time left for another.
    if (refusal === 'silence') expect(told).toContain(200);
    else expect(told).toEqual([200]);
    expect(proxy.refused).toBeGreaterThan(refused);
    expect(await answers(`${server.url}/health/ready`, 200)).toBe(true);
    expect(server.output().slice(before)).not.toContain('does not answer');
  });
});

it('a user who may have two connections serves everybody over these', async () => {
  const server = await start(await addUser('two', 'WITH MAX_USER_CONNECTIONS 2'), Number(new URL(database.url).port));
  for (let round = 0; round < 3; round += 1) expect(await useAll(server)).toEqual([200]);
  expect(await answers(`${server.url}/health/ready`, 200)).toBe(true);
  expect(server.output()).not.toContain('does not answer');
  await server.stop();
});

it('a password that was changed is told once no connection is left, and the server is back when it is right again', async () => {
  const user = await addUser('changed');
  const server = await start(user, Number(new URL(database.url).port));
  await useAll(server);
  await database.query(`ALTER USER ${user} IDENTIFIED BY 'second'`);
  expect(await useAll(server)).toEqual([200]);
  await endConnections(user);
  await until(() => answers(`${server.url}/health/ready`, 503));
  expect((await requestToken(server, administrator)).status).toBe(503);
  await until(() => server.output().includes('"code":"ER_ACCESS_DENIED_ERROR"'));
  await database.query(`ALTER USER ${user} IDENTIFIED BY '${password}'`);
  await server.ready();
  expect(await useAll(server)).toEqual([200]);
  await server.stop();
});

it('a password that has expired is one that was changed: who is let in with it and may ask nothing has no connection', async () => {
  const user = await addUser('expired');
  const server = await start(user, Number(new URL(database.url).port));
  await useAll(server);
  await database.query(`ALTER USER ${user} PASSWORD EXPIRE`);
  await endConnections(user, 2);
  expect(await useAll(server)).toEqual([200]);
  await endConnections(user);
  await until(() => answers(`${server.url}/health/ready`, 503));
  expect((await requestToken(server, administrator)).status).toBe(503);
  await until(() => server.output().includes('"code":"ER_MUST_CHANGE_PASSWORD"'));
  expect(server.output()).not.toContain('"level":50');
  await database.query(`ALTER USER ${user} IDENTIFIED BY '${password}'`);
  await server.ready();
  expect(await useAll(server)).toEqual([200]);
  await server.stop();
});

it('statements past a limit of the user are refused, and served when the limit is gone', async () => {
  const user = await addUser('limited');
  const server = await start(user, Number(new URL(database.url).port));
  await useAll(server);
  await database.query(`ALTER USER ${user} WITH MAX_QUERIES_PER_HOUR 1`);
  await endConnections(user);
  await until(async () => (await requestToken(server, administrator)).status === 503);
  await until(() => server.output().includes('"code":"ER_USER_LIMIT_REACHED"'));
  await database.query(`ALTER USER ${user} WITH MAX_QUERIES_PER_HOUR 0`);
  await server.ready();
  expect(await useAll(server)).toEqual([200]);
  await server.stop();
});
