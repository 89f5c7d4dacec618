import { createServer } from 'node:http';
import { graphql, requestToken } from '../testbed/app.js';
import { createTestDatabase, type TestDatabase } from '../testbed/database.js';
import { freePort } from '../testbed/free-port.js';
import { askAtOnce, statusesIn } from '../testbed/pipeline.js';
import { answers, startProcess, type TestProcess, until } from '../testbed/process.js';
import {
  askForToken,
  connectionTo,
  connectionToEach,
  crewOf,
  crewOfSize,
  isAlive,
  type KeptAnswer,
  type KeptConnection,
  logOf,
  startLoad,
  workerOf,
} from '../testbed/workers.js';

const LIMIT = 5;
/** For how long a failure counts. */
const WINDOW_MS = 60_000;

let database: TestDatabase;
let metricsPort: number;
let server: TestProcess;
let admin: { clientId: string; secret: string };

/** Starts a server of two workers and waits for both. */
async function start(settings: Record<string, string | undefined> = {}): Promise<TestProcess> {
  const started = await startProcess(database, { WORKERS: '2', TRUST_PROXY: 'true', FAILURE_LIMIT: String(LIMIT), ...settings });
  await crewOfSize(started, 2);
  return started;
}

beforeAll(async () => {
  database = await createTestDatabase();
  metricsPort = await freePort();
  server = await start({ METRICS_PORT: String(metricsPort) });
  admin = { clientId: 'admin', secret: server.printedSecret() as string };
});
afterAll(async () => {
  await server.stop('SIGKILL');
  await database.remove();
});

/** Asks over a connection of its own. */
const over = async (ask: (connection: KeptConnection) => Promise<KeptAnswer>) => {
  const connection = connectionTo(server);
  return ask(connection).finally(connection.close);
};
const askForManagement = (connection: KeptConnection) => askForToken(connection, admin);
const administer = async (query: string, connection?: KeptConnection) => {
  const ask = async (by: KeptConnection) => {
    const authorization = `Bearer ${JSON.parse((await askForManagement(by)).text).access_token}`;
    return by.post('/graphql', JSON.stringify({ query }), { authorization, 'content-type': 'application/json' });
  };
  const { text } = await (connection ? ask(connection) : over(ask));
  const { data, errors } = JSON.parse(text);
  if (errors) throw new Error(text);
  return data;
};
const readMetrics = async () => (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
const metric = async (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(await readMetrics())?.[1]);
const count = (msg: string) => logOf(server).filter((line) => line.msg === msg).length;

describe('several workers', () => {
  it('show the secret once and share the requests', async () => {
    expect(server.output().split('lk_')).toHaveLength(2);
    const connections = Array.from({ length: 4 }, () => connectionTo(server));
    const seen = await Promise.all(connections.map(askForManagement));
    const workers = await Promise.all(seen.map((answer) => workerOf(server, answer)));
    expect(new Set(workers)).toEqual(new Set(crewOf(server).keys()));
    for (const connection of connections) connection.close();
  });

  it('promise 4: what one has answered holds on the other at once', async () => {
    const [one, two] = (await connectionToEach(server, 2)) as [KeptConnection, KeptConnection];
    for (let round = 0; round < 10; round += 1) {
      const [here, there] = round % 2 ? [one, two] : [two, one];
      const clientId = `end-${round}`;
      const create = `mutation { createClient(input: { name: "E", clientId: "${clientId}" }) { clientSecret } }`;
      const client = { clientId, secret: (await administer(create, here)).createClient.clientSecret };
      expect((await askForToken(there, client)).status).toBe(200);
      await administer(`mutation { deleteClient(clientId: "${clientId}") { clientId } }`, here);
      expect((await askForToken(there, client)).status).toBe(401);
    }
    for (const connection of [one, two]) connection.close();
  });

  it('write to the same database at once', async () => {
    const create = (index: number) =>
      administer(`mutation { createClient(input: { name: "W", clientId: "write-${index}" }) { clientSecret } }`);
    const made = await Promise.all(Array.from({ length: 30 }, (_, index) => create(index)));
    expect(new Set(made.map(({ createClient }) => createClient.clientSecret)).size).toBe(30);
  });

  it('count failures together', async () => {
    const [one, two] = (await connectionToEach(server, 2)) as [KeptConnection, KeptConnection];
    const { createClient } = await administer('mutation { createClient(input: { name: "V", clientId: "victim" }) { clientSecret } }');
    const right = { clientId: 'victim', secret: createClient.clientSecret };
    const wrong = { clientId: 'victim', secret: 'wrong' };
    for (let time = 0; time < LIMIT; time += 1) expect((await askForToken(time % 2 ? one : two, wrong, '198.51.100.1')).status).toBe(401);
    for (const connection of [one, two]) {
      expect((await askForToken(connection, right, '198.51.100.1')).status).toBe(429);
      expect((await askForToken(connection, wrong, '198.51.100.1')).status).toBe(429);
      expect((await askForToken(connection, right, '198.51.100.2')).status).toBe(200);
    }
    // One has seen the failures alone; the other has to know of them before its first.
    for (let time = 0; time < LIMIT; time += 1) await askForToken(one, wrong, '198.51.100.3');
    expect((await askForToken(two, right, '198.51.100.3')).status).toBe(429);
    for (const connection of [one, two]) connection.close();
  });

  it('count guesses that are sent at once before the right secret, whoever hears of them', async () => {
    const { createClient } = await administer('mutation { createClient(input: { name: "M", clientId: "mark" }) { clientSecret } }');
    for (const guesses of [60, 150]) {
      const secrets = [...Array.from({ length: guesses }, () => 'wrong'), createClient.clientSecret];
      const source = `198.51.100.${100 + guesses}`;
      const text = await askAtOnce(Number(new URL(server.url).port), { clientId: 'mark', secrets, source });
      expect([statusesIn(text).length, statusesIn(text).at(-1)]).toEqual([guesses + 1, '429']);
      expect(text).not.toContain('access_token');
    }
  });

  it('know together who lately succeeded from a source', async () => {
    const [one, two] = (await connectionToEach(server, 2)) as [KeptConnection, KeptConnection];
    const source = '198.51.100.4';
    expect((await askForToken(one, admin, source)).status).toBe(200);
    for (let time = 0; time < LIMIT + 1; time += 1) await askForToken(two, { ...admin, secret: 'wrong' }, source);
    for (const connection of [one, two]) expect((await askForToken(connection, admin, source)).status).toBe(200);
    for (const connection of [one, two]) connection.close();
  });

  it('write whole lines, whatever is asked for', async () => {
    // As long as any that the log has, and about as long as a line may be.
    const path = `/${'"'.repeat(999)}`;
    const connections = Array.from({ length: 8 }, () => connectionTo(server));
    for (let round = 0; round < 10; round += 1) await Promise.all(connections.map((connection) => connection.get(path)));
    for (const connection of connections) connection.close();
    await until(() => logOf(server).filter((line) => line.path === path).length === 80);
    const lines = server
      .output()
      .split('\n')
      .filter((line) => line.startsWith('{'));
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(4096);
    for (const line of lines) expect(JSON.parse(line).msg).toEqual(expect.any(String));
  });
});

it('a worker that is killed takes only its own connections along, and is replaced', async () => {
  const connections = Array.from({ length: 8 }, () => connectionTo(server));
  const workers = await Promise.all(connections.map(async (connection) => workerOf(server, await askForManagement(connection))));
  const issued = await metric('latchkey_tokens_issued_total');
  const load = startLoad(connections, askForManagement);
  await until(() => load.answers() > 50);
  const [victim, pid] = [...crewOf(server)][0] as [number, number];
  process.kill(pid, 'SIGKILL');
  const before = load.answers();
  await until(() => load.answers() > before + 50);
  await until(() => crewOf(server).size === 2 && !crewOf(server).has(victim));
  const faults = await load.stop();
  for (const [index, worker] of workers.entries()) expect(faults[index]?.length).toBeLessThanOrEqual(worker === victim ? 1 : 0);
  expect(logOf(server)).toContainEqual(
    expect.objectContaining({ worker: victim, pid, signal: 'SIGKILL', msg: 'a worker ended and is replaced' }),
  );
  expect(await metric('latchkey_tokens_issued_total')).toBeGreaterThanOrEqual(issued);
});

it('a connection that a worker did not take before it was killed goes to another', async () => {
  const pids = [...(await crewOfSize(server, 2)).values()];
  process.kill(pids[0] as number, 'SIGSTOP');
  const connections = Array.from({ length: 4 }, () => connectionTo(server));
  const asked = connections.map((connection) => connection.get('/health/live'));
  await Promise.any(asked);
  process.kill(pids[0] as number, 'SIGKILL');
  expect((await Promise.all(asked)).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  for (const connection of connections) connection.close();
  await crewOfSize(server, 2);
});

describe('SIGHUP', () => {
  it('replaces all workers without one request that fails, twice when it comes again meanwhile', async () => {
    const old = [...(await crewOfSize(server, 2)).values()];
    const wrong = { clientId: 'write-1', secret: 'wrong' };
    const fail = () => over((connection) => askForToken(connection, wrong, '198.51.100.9'));
    const countedAt = performance.now();
    for (let time = 0; time < LIMIT; time += 1) expect((await fail()).status).toBe(401);
    const issued = await metric('latchkey_tokens_issued_total');
    const load = startLoad(
      Array.from({ length: 6 }, () => connectionTo(server)),
      askForManagement,
    );
    await until(() => load.answers() > 20);
    server.child.kill('SIGHUP');
    await until(() => count('replacing all workers, one after another') === 1);
    for (const _again of [1, 2]) {
      server.child.kill('SIGHUP');
      await over(askForManagement);
    }
    await until(() => count('all workers were replaced') === 2, server.output);
    const during = load.answers();
    await until(() => load.answers() > during + 20);
    expect((await load.stop()).flat()).toEqual([]);
    const crew = [...crewOf(server).values()];
    expect(crew).toHaveLength(2);
    expect(crew.filter((pid) => old.includes(pid))).toEqual([]);
    expect(count('replacing all workers, one after another')).toBe(2);
    // What the old ones counted is not forgotten.
    expect(await metric('latchkey_tokens_issued_total')).toBeGreaterThanOrEqual(issued + load.answers());
    // On a machine on which all that took a minute they are over, and nothing can be told.
    const { status } = await fail();
    if (performance.now() - countedAt < WINDOW_MS) expect(status).toBe(429);
  });

  it('leaves the old workers where they are when a new one cannot start', async () => {
    const crew = [...(await crewOfSize(server, 2)).keys()];
    const rows = await database.query('SELECT id, key_id AS k FROM signing_keys');
    await database.query("UPDATE signing_keys SET key_id = 'ffffffffffffffff'");
    server.child.kill('SIGHUP');
    await until(() => count('a new worker did not become ready: the old ones go on') === 1, server.output);
    expect([...crewOf(server).keys()]).toEqual(crew);
    expect(server.output()).toContain('another ENCRYPTION_KEY');
    expect((await over(askForManagement)).status).toBe(200);
    for (const { id, k } of rows) await database.query('UPDATE signing_keys SET key_id = ? WHERE id = ?', [k, id]);
  });
});

it('METRICS_PORT has one set for all', async () => {
  const text = await readMetrics();
  const names = text.split('\n').flatMap((line) => /^# TYPE (\S+)/.exec(line)?.[1] ?? []);
  expect(new Set(names).size).toBe(names.length);
  expect(names).toEqual(
    expect.arrayContaining(['http_request_duration_seconds', 'process_start_time_seconds', 'latchkey_tokens_refused_total']),
  );
  const before = await metric('latchkey_tokens_issued_total');
  for (const connection of await connectionToEach(server, 2)) {
    await askForManagement(connection);
    connection.close();
  }
  expect(await metric('latchkey_tokens_issued_total')).toBe(before + 2);
  const startedAt = await metric('process_start_time_seconds');
  expect(startedAt).toBeLessThan(Date.now() / 1000);
  expect(startedAt).toBeGreaterThan(Date.now() / 1000 - 3600);
});

describe('the end', () => {
  let own: TestProcess;
  beforeEach(async () => {
    own = await start();
  });
  afterEach(() => own.stop('SIGKILL'));

  it('comes by SIGTERM, however often and to whom, with what is in flight answered and written down', async () => {
    const client = { clientId: 'farewell', secret: '' };
    client.secret = (
      await administer('mutation { createClient(input: { name: "F", clientId: "farewell" }) { clientSecret } }')
    ).createClient.clientSecret;
    const load = startLoad(
      Array.from({ length: 4 }, () => connectionTo(own)),
      (connection) => askForToken(connection, client),
    );
    await until(() => load.answers() > 20);
    const pids = [...crewOf(own).values()];
    own.child.kill('SIGTERM');
    for (const pid of pids) process.kill(pid, 'SIGTERM');
    own.child.kill('SIGINT');
    expect(await own.exit).toBe(0);
    const faults = (await load.stop()).flat();
    expect(faults.filter((fault) => !/ECONN|hang up/.test(fault))).toEqual([]);
    expect(pids.filter(isAlive)).toEqual([]);
    expect(own.output().match(/"stopped"/g)).toHaveLength(1);
    expect(own.output()).not.toContain('is replaced');
    const { client: read } = await administer('{ client(clientId: "farewell") { secrets { useCount } } }');
    expect(read.secrets[0].useCount).toBe(load.answers());
  });

  it('comes although a worker does not hear', async () => {
    process.kill([...crewOf(own).values()][0] as number, 'SIGSTOP');
    expect(await own.stop()).toBe(0);
  });

  it('of the primary is the end of all, with what they saw written down', async () => {
    const query = 'mutation { createClient(input: { name: "O", clientId: "orphan" }) { clientSecret } }';
    const client = { clientId: 'orphan', secret: (await administer(query)).createClient.clientSecret };
    for (let time = 0; time < 4; time += 1) expect((await requestToken(own, client)).status).toBe(200);
    const pids = [...crewOf(own).values()];
    await own.stop('SIGKILL');
    await until(() => !pids.some(isAlive));
    const { client: read } = await administer('{ client(clientId: "orphan") { secrets { useCount } } }');
    expect(read.secrets[0].useCount).toBe(4);
  });
});

describe('a start that fails ends with 1 and one message', () => {
  it('when the port is taken, that of the metrics as well', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as { port: number };
    for (const name of ['PORT', 'METRICS_PORT']) {
      const failed = await startProcess(database, { WORKERS: '2', LOG_LEVEL: 'fatal', [name]: String(port) });
      expect(await failed.exit).toBe(1);
      expect(failed.output()).toMatch(new RegExp(`^Port ${port} on .* another process uses it\\..*\\n$`));
    }
    taken.close();
  });

  it('when the database belongs to another key', async () => {
    const failed = await startProcess(database, {
      WORKERS: '2',
      LOG_LEVEL: 'fatal',
      ENCRYPTION_KEY: Buffer.alloc(32, 9).toString('base64'),
    });
    expect(await failed.exit).toBe(1);
    expect(failed.output().trim().split('\n')).toEqual([expect.stringContaining('another ENCRYPTION_KEY')]);
  });
});

it('is alive and not ready while the database is away, and ends when it is told to', async () => {
  const waiting = await startProcess(database, { WORKERS: '2', DATABASE_URL: `mysql://nobody@127.0.0.1:${await freePort()}/none` });
  await until(() => answers(`${waiting.url}/health/live`, 200));
  expect(await answers(`${waiting.url}/health/ready`, 503)).toBe(true);
  expect((await graphql(waiting, { query: '{ viewer { clientId } }' })).status).toBe(503);
  expect(await waiting.stop()).toBe(0);
});
