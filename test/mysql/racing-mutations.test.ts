import mysql from 'mysql2/promise';
import { readAnswer } from '../../testbed/answer.js';
import { getToken, graphql } from '../../testbed/app.js';
import { createTestDatabase, type TestDatabase } from '../../testbed/database.js';
import { freePort } from '../../testbed/free-port.js';
import { MysqlProxy } from '../../testbed/mysql-proxy.js';
import { startProcess, type TestProcess, until } from '../../testbed/process.js';

const ROUNDS = 3;
const ISOLATIONS = ['READ UNCOMMITTED', 'READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE'];
/** MariaDB alone has it. */
const SNAPSHOTS = ['ON', 'OFF'];
/** What the server sets its sessions to, and what a pooler between them may make of it. */
const SET_HERE = "isolation = 'READ-COMMITTED'";
const MADE_OF_IT = ['REPEATABLE-READ', 'SERIALIZABLE'];
const bare = fetch;

let database: TestDatabase;
let proxy: MysqlProxy;
let root: mysql.Connection;
let issuer: string;
let given: { isolation: string; snapshot: string | undefined };
let servers: [TestProcess, TestProcess];
let admin: { clientId: string; secret: string };
let token: string;

beforeAll(async () => {
  database = await createTestDatabase();
  root = await mysql.createConnection(database.url);
  const read = async (name: string) => (await database.query(`SHOW GLOBAL VARIABLES LIKE '${name}'`))[0]?.Value as string | undefined;
  const isolation = (await read('transaction_isolation')) ?? ((await read('tx_isolation')) as string);
  given = { isolation: isolation.replace('-', ' '), snapshot: await read('innodb_snapshot_isolation') };
  issuer = `http://localhost:${await freePort()}`;
  const settings = {
    ISSUER: issuer,
    TRUST_PROXY: 'true',
    TRUST_FORWARDED_HOST: 'true',
    LOG_LEVEL: 'warn',
    TENANT_MUTATION_LIMIT: '100000',
  };
  const through = new URL(database.url);
  proxy = await new MysqlProxy(Number(through.port)).open();
  through.port = String(proxy.port);
  const one = await startProcess({ ...database, url: through.href }, settings);
  await one.ready();
  const two = await startProcess({ ...database, url: through.href }, settings);
  await two.ready();
  servers = [one, two];
  admin = { clientId: 'admin', secret: one.printedSecret() as string };
  // Every request names the issuer's host, whichever instance it goes to.
  globalThis.fetch = (url, init) =>
    bare(url, { ...init, headers: { ...(init?.headers as Record<string, string>), 'x-forwarded-host': new URL(issuer).host } });
  token = await getToken(one, admin);
});
afterAll(async () => {
  globalThis.fetch = bare;
  await Promise.all((servers ?? []).map((server) => server.stop('SIGKILL')));
  proxy.close();
  await setGlobals(given.isolation, given.snapshot);
  await root.end();
  await database.remove();
});

async function setGlobals(isolation: string, snapshot: string | undefined): Promise<void> {
  await root.query(`SET GLOBAL TRANSACTION ISOLATION LEVEL ${isolation}`);
  if (given.snapshot !== undefined && snapshot !== undefined) await root.query(`SET GLOBAL innodb_snapshot_isolation = ${snapshot}`);
  // What is open keeps the settings with which it was opened.
  const others = await database.query('SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()');
  const own = root.threadId;
  for (const { id } of others) if (Number(id) !== own) await database.query(`KILL ${Number(id)}`).catch(() => undefined);
}

let count = 0;

async function makeClient(scopes: string[] = []): Promise<{ clientId: string; secret: string }> {
  count += 1;
  const clientId = `racer-${count}`;
  const query = 'mutation ($input: CreateClientInput!) { createClient(input: $input) { clientSecret } }';
  const { body, text } = await graphql(servers[0], { token, query, variables: { input: { name: 'A', clientId, scopes } } });
  if (!body.data) throw new Error(text);
  return { clientId, secret: body.data.createClient.clientSecret };
}

interface Racer {
  token: string;
  query: string;
}

/** Two of which one alone may win, with the codes that the other may be refused with. */
const PAIRS: Record<string, { refusals: string[]; make(): Promise<[Racer, Racer]> }> = {
  'two administrators who delete each other': {
    refusals: ['UNAUTHENTICATED', 'CLIENT_NOT_FOUND', 'FORBIDDEN', 'LAST_ADMINISTRATOR'],
    make: async () => {
      const [one, two] = [await makeClient(['clients:read', 'clients:write']), await makeClient(['clients:read', 'clients:write'])];
      const remove = async (by: typeof one, other: typeof one) => ({
        token: await getToken(servers[0], by),
        query: `deleteClient(clientId: "${other.clientId}") { clientId }`,
      });
      return [await remove(one, two), await remove(two, one)];
    },
  },
  'two rotations': {
    refusals: ['SECRET_LIMIT', 'CONFLICT'],
    make: async () => {
      const { clientId } = await makeClient();
      const query = `rotateClientSecret(clientId: "${clientId}") { clientSecret }`;
      return [
        { token, query },
        { token, query },
      ];
    },
  },
  'two updates of one version': {
    refusals: ['CONFLICT'],
    make: async () => {
      const { clientId } = await makeClient();
      const update = (lifetime: number) => ({
        token,
        query: `updateClient(clientId: "${clientId}", input: { accessTokenLifetime: ${lifetime}, version: 1 }) { version }`,
      });
      return [update(60), update(61)];
    },
  },
  'two clients of one id': {
    refusals: ['CLIENT_ID_TAKEN'],
    make: async () => {
      count += 1;
      const query = `createClient(input: { name: "A", clientId: "racer-${count}" }) { clientSecret }`;
      return [
        { token, query },
        { token, query },
      ];
    },
  },
  'two deletions of one client': {
    refusals: ['CLIENT_NOT_FOUND'],
    make: async () => {
      const { clientId } = await makeClient();
      const query = `deleteClient(clientId: "${clientId}") { clientId }`;
      return [
        { token, query },
        { token, query },
      ];
    },
  },
};

/** Which of a pair won, and what the others were told. */
async function race(racers: readonly (Racer & { host?: string })[]): Promise<string[]> {
  const answers = racers.map(({ token, query, host = new URL(issuer).host }, index) =>
    readAnswer(
      bare(`${(servers[index] as TestProcess).url}/graphql`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'x-forwarded-host': host },
        body: JSON.stringify({ query: `mutation { ${query} }` }),
      }),
    ),
  );
  const codes = (await Promise.all(answers)).map(({ body }) => body.errors?.[0].extensions.code ?? 'won');
  return codes.sort((a, b) => Number(a === 'won') - Number(b === 'won'));
}

async function raceAll(): Promise<void> {
  await until(async () => (await graphql(servers[1], { token, query: '{ viewer { clientId } }' })).status === 200);
  for (const [name, { make, refusals }] of Object.entries(PAIRS)) {
    for (let round = 0; round < ROUNDS; round += 1) {
      const told = await race(await make());
      expect([name, told]).toEqual([name, [expect.stringMatching(`^(${refusals.join('|')})$`), 'won']]);
    }
  }
}

const settings = ISOLATIONS.flatMap((isolation) => SNAPSHOTS.map((snapshot): [string, string] => [isolation, snapshot]));

it.each(settings)('one of two who race wins, on a server set to %s with innodb_snapshot_isolation %s', async (isolation, snapshot) => {
  await setGlobals(isolation, snapshot);
  await raceAll();
});

describe.each(MADE_OF_IT.flatMap((isolation) => SNAPSHOTS.map((snapshot): [string, string] => [isolation, snapshot])))(
  'where each session is %s after all, with innodb_snapshot_isolation %s',
  (isolation, snapshot) => {
    beforeAll(async () => {
      proxy.replaceWords(SET_HERE, `isolation='${isolation}'`.padEnd(SET_HERE.length));
      await setGlobals('READ COMMITTED', snapshot);
    });

    it('one of two who race wins', async () => {
      await raceAll();
      expect(proxy.replaced).toBeGreaterThan(0);
    });

    it('a tenant is changed from within and from the home tenant at once, and its record is whole', async () => {
      const host = `${isolation}-${snapshot}.example`.toLowerCase();
      const query = `createTenant(input: { name: "T", host: "${host}" }) { clientSecret }`;
      const made = await graphql(servers[0], { token, query: `mutation { ${query} }` });
      const secret = made.body.data.createTenant.clientSecret;
      const own = await tokenAt(host, { clientId: 'admin', secret });
      for (let round = 0; round < 2 * ROUNDS; round += 1) {
        const signingAlgorithm = round % 2 === 0 ? 'RS256' : 'ES256';
        const told = await race([
          { token, query: `updateTenant(host: "${host}", input: { signingAlgorithm: ${signingAlgorithm} }) { host }` },
          { token: own, host, query: `createClient(input: { name: "A", clientId: "a-${round}" }) { clientSecret }` },
        ]);
        expect(told).toEqual(['won', 'won']);
      }
      const verifying = await startProcess(database, { ISSUER: issuer }, 'audit:verify');
      expect([await verifying.exit, verifying.output()]).toEqual([0, expect.stringContaining('The record is whole')]);
    });
  },
);

async function tokenAt(host: string, { clientId, secret }: { clientId: string; secret: string }): Promise<string> {
  const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: clientId, client_secret: secret });
  const { body: answer } = await readAnswer(
    bare(`${servers[0].url}/connect/token`, { method: 'POST', body, headers: { 'x-forwarded-host': host } }),
  );
  return answer.access_token;
}
