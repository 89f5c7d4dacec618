import { execFile } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ENCRYPTION_KEY, getToken, graphql, requestToken } from '../testbed/app.js';
import { createTestDatabase, kind, type TestDatabase } from '../testbed/database.js';
import { freePort } from '../testbed/free-port.js';
import { answers, startProcess, type TestProcess, until } from '../testbed/process.js';
import { logOf } from '../testbed/workers.js';

let database: TestDatabase;
const running: TestProcess[] = [];
/** Of both dialects, the oldest first. */
const MIGRATIONS = readdirSync(join(import.meta.dirname, '../src/installation/migrations')).filter((file) => /^\d/.test(file));

beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((process) => process.stop('SIGKILL')));
  await database.remove();
});

/** Starts the server, or another program, and sees to its end. */
async function start(settings: Record<string, string | undefined> = {}, script?: string): Promise<TestProcess> {
  const process = await startProcess(database, settings, script);
  running.push(process);
  return process;
}

const admin = (process: TestProcess) => ({ clientId: 'admin', secret: process.printedSecret() as string });
/** What a server waits for that will not end by itself takes it so long. */
const LONGEST_END_MS = 9_000;
const isOnSqlite = kind === 'sqlite';
const itOnSqlite = isOnSqlite ? it : () => undefined;

describe('the first start', () => {
  it('prints an administrator that works, once', async () => {
    const first = await start();
    await first.ready();
    const credentials = admin(first);
    expect(first.output().split(credentials.secret)).toHaveLength(2);
    const { body } = await graphql(first, { token: await getToken(first, credentials), query: '{ viewer { clientId } }' });
    expect(body.data.viewer.clientId).toBe('admin');
    expect(await first.stop()).toBe(0);

    const second = await start({ PORT: String(first.port) });
    await second.ready();
    expect((await requestToken(second, credentials)).status).toBe(200);
    await second.stop();
    expect(second.printedSecret()).toBeUndefined();
    expect(second.output()).not.toContain('lk_');
  });

  it('takes the administrator from the settings and prints no secret', async () => {
    const secret = 'brought along: 32 characters or more';
    const process = await start({ ADMIN_CLIENT_ID: 'root', ADMIN_CLIENT_SECRET: secret });
    await process.ready();
    expect((await requestToken(process, { clientId: 'root', secret })).status).toBe(200);
    await process.stop();
    expect(process.output()).not.toContain(secret);
    expect(process.printedSecret()).toBeUndefined();
  });

  it('puts the secret into a file for its owner alone instead of printing it, and writes over nothing', async () => {
    const path = join(database.folder, 'admin-secret');
    writeFileSync(path, 'somebody needs this');
    const refused = await start({ ADMIN_SECRET_FILE_OUT: path, LOG_LEVEL: 'fatal' });
    expect(await refused.exit).toBe(1);
    expect(refused.output()).toMatch(
      /admin-secret, which ADMIN_SECRET_FILE_OUT names, cannot be made: it is there already: .* Nothing was changed\.\n$/,
    );
    expect(readFileSync(path, 'utf8')).toBe('somebody needs this');
    expect((await database.tables()).filter((name) => name !== 'leases')).toEqual([]);
    rmSync(path);
    symlinkSync(join(database.folder, 'elsewhere'), path);
    expect(await (await start({ ADMIN_SECRET_FILE_OUT: path })).exit).toBe(1);
    expect(existsSync(join(database.folder, 'elsewhere'))).toBe(false);
    rmSync(path);

    const process = await start({ ADMIN_SECRET_FILE_OUT: path, WORKERS: '2' });
    await process.ready();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const secret = readFileSync(path, 'utf8').trimEnd();
    expect((await requestToken(process, { clientId: 'admin', secret })).status).toBe(200);
    await process.stop();
    expect([process.output().includes(secret), process.output().includes(path)]).toEqual([false, true]);
    const again = await start({ ADMIN_SECRET_FILE_OUT: path });
    await again.ready();
    expect(again.output()).not.toContain(path);

    const settings = { ADMIN_SECRET_FILE_OUT: path, PORT: String(again.port) };
    const unwritten = await start(settings, 'admin:reset');
    expect([await unwritten.exit, unwritten.output()]).toEqual([1, expect.stringMatching(/is there already.* Nothing was changed\.\n$/)]);
    expect((await requestToken(again, { clientId: 'admin', secret })).status).toBe(200);
    rmSync(path);
    const reset = await start(settings, 'admin:reset');
    expect(await reset.exit).toBe(0);
    const next = readFileSync(path, 'utf8').trimEnd();
    expect([statSync(path).mode & 0o777, reset.output().includes(next)]).toEqual([0o600, false]);
    expect((await requestToken(again, { clientId: 'admin', secret })).status).toBe(401);
    expect((await requestToken(again, { clientId: 'admin', secret: next })).status).toBe(200);
  });

  it('makes the file of a first start that was killed, whenever that was', async () => {
    const path = join(database.folder, 'admin-secret');
    const left = `${path}.new-0123456789ab`;
    const killed = await start({ ADMIN_SECRET_FILE_OUT: path });
    await until(() => readdirSync(database.folder).some((name) => name.startsWith('admin-secret')), killed.output);
    await killed.stop('SIGKILL');
    // Of one that never came into force.
    writeFileSync(left, 'lk_never\n');
    const next = await start({ ADMIN_SECRET_FILE_OUT: path });
    await next.ready();
    const secret = readFileSync(path, 'utf8').trimEnd();
    expect((await requestToken(next, { clientId: 'admin', secret })).status).toBe(200);
    await next.stop();
    renameSync(path, left);
    const recovering = await start({ ADMIN_SECRET_FILE_OUT: path });
    await recovering.ready();
    expect([readFileSync(path, 'utf8'), existsSync(left)]).toEqual([`${secret}\n`, false]);
    await until(() => recovering.output().includes("the administrator's secret is in the file"), recovering.output);
  });

  it('leaves no file behind when the start fails after it was made', async () => {
    const path = join(database.folder, 'admin-secret');
    const before = await start();
    await before.ready();
    await before.stop();
    for (const table of ['audit_events', 'client_secrets', 'clients', 'signing_keys', 'tenants'])
      await database.query(`DELETE FROM ${table}`);
    const failing = isOnSqlite ? "BEGIN SELECT RAISE(FAIL, 'no'); END" : "FOR EACH ROW SIGNAL SQLSTATE '45000'";
    await database.query(`CREATE TRIGGER forbidding BEFORE INSERT ON clients ${failing}`);
    expect(await (await start({ ADMIN_SECRET_FILE_OUT: path })).exit).toBe(1);
    expect(readdirSync(database.folder).filter((name) => name.startsWith('admin-secret'))).toEqual([]);
  });

  it('is done once by several instances that start together', async () => {
    const instances = await Promise.all(Array.from({ length: 4 }, () => start()));
    await Promise.all(instances.map((instance) => instance.ready()));
    const printed = instances.filter((instance) => instance.printedSecret() !== undefined);
    expect(printed).toHaveLength(1);
    for (const instance of instances) expect((await requestToken(instance, admin(printed[0] as TestProcess))).status).toBe(200);
    const count = async (table: string) => Number((await database.query(`SELECT COUNT(*) AS n FROM ${table}`))[0]?.n);
    expect([await count('tenants'), await count('clients'), await count('signing_keys'), await count('migrations')]).toEqual([
      1,
      1,
      2,
      MIGRATIONS.length,
    ]);
  });

  it('follows an issuer that moves to another port, with all its clients', async () => {
    const first = await start();
    await first.ready();
    const credentials = admin(first);
    await first.stop();
    const moved = await start();
    await moved.ready();
    expect(moved.port).not.toBe(first.port);
    const { body } = await graphql(moved, {
      token: await getToken(moved, credentials),
      query: '{ client(clientId: "admin") { audiences } }',
    });
    expect(body.data.client.audiences).toEqual([`${moved.url}/graphql`]);
  });
});

describe('a fault of the installation ends the process with exit 1 and a sentence', () => {
  /** Waits for the end. @returns what was written, without what Node itself would add */
  async function failure(settings: Record<string, string | undefined>): Promise<string> {
    const process = await start({ LOG_LEVEL: 'fatal', ...settings });
    expect(await process.exit).toBe(1);
    expect(process.output()).not.toMatch(/\n\s+at |node:internal|Error:/);
    return process.output();
  }

  it('names every setting at fault at once and repeats no value', async () => {
    const output = await failure({
      PORT: '0',
      DATABASE_URL: 'postgres://user:hidden@x/y',
      ENCRYPTION_KEY: 'c2hvcnQ=',
      ISSUER: 'http://x/path',
      LOG_LEVEL: 'loud',
      ADMIN_CLIENT_SECRET: 'short',
      TRUST_PROXY: 'maybe',
    });
    for (const name of ['PORT', 'DATABASE_URL', 'ENCRYPTION_KEY', 'ISSUER', 'LOG_LEVEL', 'ADMIN_CLIENT_SECRET', 'TRUST_PROXY'])
      expect(output).toContain(name);
    for (const value of ['hidden', 'c2hvcnQ=', 'loud', 'short', 'maybe']) expect(output).not.toContain(value);
  });

  it('when the port is taken', async () => {
    const taken = createServer();
    const port = await new Promise<number>((resolve) =>
      taken.listen(0, '127.0.0.1', () => resolve((taken.address() as { port: number }).port)),
    );
    expect(await failure({ PORT: String(port) })).toMatch(new RegExp(`^Port ${port} .*another process uses it`));
    expect(await failure({ METRICS_PORT: String(port) })).toMatch(new RegExp(`^Port ${port} .*another process uses it`));
    taken.close();
  });

  it('when the encryption key is another one, and changes nothing', async () => {
    const first = await start();
    await first.ready();
    const credentials = admin(first);
    await first.stop();
    const before = await database.dump();
    const output = await failure({ ENCRYPTION_KEY: Buffer.alloc(32, 9).toString('base64') });
    expect(output).toMatch(/another ENCRYPTION_KEY/);
    expect(withoutLeases(await database.dump())).toBe(withoutLeases(before));
    const again = await start({ PORT: String(first.port) });
    await again.ready();
    expect((await requestToken(again, credentials)).status).toBe(200);
  });

  it("when the administrator's secret is one of ours and damaged", async () => {
    expect(await failure({ ADMIN_CLIENT_SECRET: `lk_${'0'.repeat(49)}` })).toMatch(/checksum/);
  });

  itOnSqlite('when the folder of the database cannot be written', async () => {
    const blocked = join(database.folder, 'blocked');
    writeFileSync(blocked, '');
    expect(await failure({ DATABASE_URL: `sqlite:${blocked}/latchkey.db`, ENCRYPTION_KEY: undefined })).toMatch(
      /cannot be written|cannot be made/,
    );
    expect(await failure({ DATABASE_URL: `sqlite:${blocked}/latchkey.db` })).toMatch(
      /cannot be made: a part of its path is no folder \((ENOTDIR|EEXIST)\)\. DATABASE_URL=sqlite:FILE names another place\.$/m,
    );
    expect(await failure({ DATABASE_URL: `sqlite:${database.folder}` })).toMatch(/^The database cannot be used/);
  });

  itOnSqlite('when the file is no database', async () => {
    const path = join(database.folder, 'text.db');
    writeFileSync(path, 'this is text '.repeat(1000));
    expect(await failure({ DATABASE_URL: `sqlite:${path}` })).toMatch(/^The database cannot be used: its file is not an SQLite database/);
  });

  itOnSqlite('when the database is there and its key file is not', async () => {
    const first = await start({ ENCRYPTION_KEY: undefined });
    await first.ready();
    await first.stop();
    const keyPath = `${database.url.slice('sqlite:'.length)}.key`;
    const key = readFileSync(keyPath, 'utf8');
    expect(statSync(keyPath).mode & 0o777).toBe(0o600);
    writeFileSync(keyPath, 'damaged');
    expect(await failure({ ENCRYPTION_KEY: undefined })).toMatch(/damaged/);
    rmSync(keyPath);
    expect(await failure({ ENCRYPTION_KEY: undefined })).toMatch(/its encryption key is not/);
    expect(existsSync(keyPath)).toBe(false);
    writeFileSync(keyPath, key);
    chmodSync(keyPath, 0o600);
    const again = await start({ ENCRYPTION_KEY: undefined, PORT: String(first.port) });
    await again.ready();
    expect((await requestToken(again, admin(first))).status).toBe(200);
  });

  (isOnSqlite ? () => undefined : it)('when MySQL refuses the user, knows no such database, or no key was set', async () => {
    expect(await failure({ DATABASE_URL: database.url.replace(/\/\/[^@]+@/, '//nobody:hidden@') })).toMatch(
      /^The database cannot be used: it refuses the user/,
    );
    expect(await failure({ DATABASE_URL: `${database.url}_missing` })).toMatch(/does not exist/);
    expect(await failure({ ENCRYPTION_KEY: undefined })).toMatch(/ENCRYPTION_KEY must be set with MySQL/);
  });

  it('in production without https or a key', async () => {
    const output = await failure({ NODE_ENV: 'production', ENCRYPTION_KEY: undefined });
    expect(output).toMatch(/ISSUER must be an https origin[\s\S]*ENCRYPTION_KEY must be set/);
  });
});

const FREE = 'access_token_lifetime, version, enabled, last_used_at, tokens_expire_by, created_at, updated_at, search_slot';

describe('npm run admin:reset', () => {
  it('gives a lost administrator a new secret and all rights while the server runs', async () => {
    const server = await start();
    await server.ready();
    const old = admin(server);
    const token = await getToken(server, old);
    const helper = 'mutation { createClient(input: { name: "H", clientId: "helper", scopes: ["clients:write"] }) { clientSecret } }';
    await graphql(server, { token, query: helper });
    await graphql(server, { token, query: 'mutation { updateClient(clientId: "admin", input: { enabled: false, scopes: [] }) { id } }' });
    const reset = await start({ PORT: String(server.port) }, 'admin:reset');
    expect(await reset.exit).toBe(0);
    expect((await requestToken(server, old)).status).toBe(401);
    const { body } = await graphql(server, { token: await getToken(server, admin(reset)), query: '{ viewer { scopes } }' });
    expect(body.data.viewer.scopes).toContain('clients:write');
  });

  it.each([
    ...['9e99', '"x"', '[7, null]', 'null', 'no JSON'].map((stored) => ['scopes, audiences, jwks', stored] as const),
    ...[0, -1, 2 ** 31 - 1].map((stored) => ['access_token_lifetime, version', stored] as const),
    ['auth_method, token_epoch, name, name_key, search_text', ''] as const,
    // What no other database stores.
    ...(kind === 'sqlite' ? ['x', 2 ** 53, ''].map((stored) => [FREE, stored] as const) : []),
  ])('gives all rights where somebody has put in place of %s: %s', async (columns, stored) => {
    const server = await start();
    await server.ready();
    const list = columns.split(', ');
    await database.query(
      `UPDATE clients SET ${list.map((column) => `${column} = ?`).join(', ')}`,
      list.map(() => stored),
    );
    const reset = await start({ PORT: String(server.port) }, 'admin:reset');
    expect([await reset.exit, reset.output()]).toEqual([0, expect.anything()]);
    const { body } = await graphql(server, { token: await getToken(server, admin(reset)), query: '{ viewer { scopes } }' });
    expect(body.data.viewer.scopes).toContain('clients:write');
  });

  it('is not needed where somebody has put something else in place of the moments of keys', async () => {
    const server = await start();
    await server.ready();
    const administrator = admin(server);
    await server.stop();
    for (const stored of isOnSqlite ? [1764450000, Buffer.of(0), 'abc'] : [null]) {
      await database.query('UPDATE signing_keys SET activates_at = ?, usable_from = ?', [stored, stored]);
      const next = await start();
      await next.ready();
      expect((await requestToken(next, administrator)).status).toBe(200);
      await next.stop();
    }
  });

  it('makes the client anew when it was deleted, and takes a given secret', async () => {
    const server = await start();
    await server.ready();
    const token = await getToken(server, admin(server));
    await graphql(server, {
      token,
      query: 'mutation { createClient(input: { name: "H", clientId: "helper", scopes: ["clients:write"] }) { clientSecret } }',
    });
    await graphql(server, { token, query: 'mutation { deleteClient(clientId: "admin") { clientId } }' });
    const secret = 'another one: 32 characters or more';
    const reset = await start({ PORT: String(server.port), ADMIN_CLIENT_SECRET: secret }, 'admin:reset');
    expect(await reset.exit).toBe(0);
    expect(reset.output()).not.toContain(secret);
    expect((await requestToken(server, { clientId: 'admin', secret })).status).toBe(200);
  });

  it('gives the administrator of another tenant a new secret, and no right to manage tenants', async () => {
    const server = await start();
    await server.ready();
    const token = await getToken(server, admin(server));
    const host = `acme.localhost:${server.port}`;
    const query = `mutation { createTenant(input: { name: "Acme", host: "${host}" }) { clientSecret } }`;
    const { body } = await graphql(server, { token, query });
    const old = { clientId: 'admin', secret: body.data.createTenant.clientSecret };
    const acme = { url: `http://${host}` };
    expect((await requestToken(acme, old)).status).toBe(200);
    const reset = await startProcess(database, { PORT: String(server.port) }, 'admin:reset', `ACME.localhost:${server.port}`);
    expect(await reset.exit).toBe(0);
    expect((await requestToken(acme, old)).status).toBe(401);
    const { scope } = (await requestToken(acme, admin(reset))).body;
    expect(scope).toBe('clients:read clients:write audit:read keys:write');
    expect((await requestToken(server, admin(server))).status).toBe(200);
    const lost = await startProcess(database, { PORT: String(server.port) }, 'admin:reset', 'nobody.example');
    expect([await lost.exit, lost.output()]).toEqual([1, 'No tenant that is enabled has the host nobody.example. Nothing was changed.\n']);
  });

  it('knows the home tenant by the host that the server has, whatever its own settings say', async () => {
    const server = await start();
    await server.ready();
    const old = admin(server);
    const reset = await startProcess(database, { PORT: '4999' }, 'admin:reset', `localhost:${server.port}`);
    expect(await reset.exit).toBe(0);
    expect((await requestToken(server, old)).status).toBe(401);
    expect((await requestToken(server, admin(reset))).status).toBe(200);
  });

  it('is pointed to when ADMIN_CLIENT_SECRET is changed after the first start', async () => {
    const first = await start({ ADMIN_CLIENT_SECRET: 'the first: 32 characters or more .' });
    await first.ready();
    await first.stop();
    const second = await start({ ADMIN_CLIENT_SECRET: 'the second: 32 characters or more.' });
    await second.ready();
    await until(
      () => /ADMIN_CLIENT_SECRET is not the secret .* ignored.*admin:reset/.test(second.output()),
      () => JSON.stringify([second.output(), second.child.exitCode, second.child.signalCode]),
    );
  });
});

describe('SIGTERM', () => {
  it('turns readiness off, lets what is in flight finish, and exits 0', async () => {
    const server = await start();
    await server.ready();
    const credentials = admin(server);
    const body = 'grant_type=client_credentials';
    let health = '';
    const probe = connect(server.port, '127.0.0.1').on('data', (chunk) => (health += chunk));
    probe.write(`GET /health/ready HTTP/1.1\r\nHost: x\r\n`);
    let answer = '';
    const socket = connect(server.port, '127.0.0.1').on('data', (chunk) => (answer += chunk));
    socket.write(
      `POST /connect/token HTTP/1.1\r\nHost: localhost:${server.port}\r\nExpect: 100-continue\r\nAuthorization: Basic ${btoa(`admin:${credentials.secret}`)}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${body.length}\r\n\r\n`,
    );
    await until(() => answer.includes('100 Continue'));
    server.child.kill('SIGTERM');
    await until(() => server.output().includes('stopping'));
    await until(async () => !(await answers(`${server.url}/health/live`, 200)));
    probe.write('\r\n');
    await until(() => health.includes('\r\n\r\n'));
    expect(health).toMatch(/^HTTP\/1\.1 503 /);
    socket.write(body);
    await until(() => answer.includes('access_token'));
    expect(answer).toMatch(/^HTTP\/1\.1 200 /m);
    // Whoever is told so sends the next request over another connection, rather than over one that closes.
    expect(answer).toMatch(/^Connection: close\r$/m);
    expect(await server.exit).toBe(0);
  });

  it('may come twice and by another name', async () => {
    const server = await start();
    await server.ready();
    for (const signal of ['SIGINT', 'SIGINT', 'SIGTERM'] as const) server.child.kill(signal);
    expect(await server.exit).toBe(0);
    expect(server.output()).toContain('stopped');
  });

  it('ends an idle server at once, even with connections that are kept open', async () => {
    const server = await start();
    await server.ready();
    await requestToken(server, admin(server));
    const began = Date.now();
    expect(await server.stop()).toBe(0);
    expect(Date.now() - began).toBeLessThan(LONGEST_END_MS);
  });

  it('waits at neither port for connections over which nothing ever came', async () => {
    const metricsPort = await freePort();
    const server = await start({ METRICS_PORT: String(metricsPort) });
    await server.ready();
    const sockets = [server.port, metricsPort].map((port) => connect(port, '127.0.0.1'));
    await until(() => sockets.every(({ readyState }) => readyState === 'open'));
    const began = Date.now();
    expect(await server.stop()).toBe(0);
    expect(Date.now() - began).toBeLessThan(LONGEST_END_MS);
  });

  it('answers all that came at once over a connection that was there', async () => {
    const server = await start();
    await server.ready();
    let text = '';
    const socket = connect(server.port, '127.0.0.1').on('data', (chunk) => (text += chunk));
    const request = `GET /.well-known/jwks.json HTTP/1.1\r\nHost: localhost:${server.port}\r\n\r\n`;
    socket.write(request);
    await until(() => text.includes('"keys"'));
    text = '';
    server.child.kill('SIGTERM');
    await until(() => server.output().includes('stopping'));
    socket.write(request.repeat(3));
    expect(await server.exit).toBe(0);
    expect([text.match(/HTTP\/1\.1 200 /g)?.length, text.match(/^Connection: close\r$/gm)?.length]).toEqual([3, 1]);
  });
});

it('SIGHUP does not end a server of one process', async () => {
  const server = await start();
  await server.ready();
  server.child.kill('SIGHUP');
  await until(() => server.output().includes('WORKERS of 2 or more'));
  expect((await requestToken(server, admin(server))).status).toBe(200);
});

it.each([
  [['serve'], 1, /^"serve" is nothing to run\. There is: start, [^\n]+\. Nothing was done\.\n$/],
  [['__proto__'], 1, /^"__proto__" is nothing to run\./],
  [['start', '--port', '5000'], 1, /^Nothing is to be named: npm start\. [^\n]+ Nothing was changed\.\n$/],
  [['--help'], 0, /^There is to run: start, [^\n]*\bbackup, [^\n]+\n$/],
])('says of %j what there is to run, and runs nothing', async (args, code, told) => {
  const asked = await startProcess(database, {}, ...(args as [string]));
  expect([await asked.exit, asked.output()]).toEqual([code, expect.stringMatching(told)]);
});

it('says which release it is: to whoever asks, in its first line, and in what it counts', async () => {
  const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8'));
  const asked = await startProcess(database, { DATABASE_URL: 'nonsense' }, '--version');
  expect([await asked.exit, asked.output()]).toEqual([0, `${version}\n`]);
  const metricsPort = await freePort();
  for (const WORKERS of ['1', '2']) {
    const server = await start({ METRICS_PORT: String(metricsPort), WORKERS });
    await server.ready();
    expect(logOf(server)[0]).toMatchObject({ version, node: process.versions.node, msg: 'starting' });
    expect(await (await fetch(`${server.url}/health/live`)).json()).toEqual({ status: 'ok', version });
    const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
    expect(text).toContain(`latchkey_build_info{version="${version}",node="${process.versions.node}"} 1\n`);
    await server.stop();
  }
});

it('is not ready while its tables are gone, and is again when they are back', async () => {
  const server = await start();
  await server.ready();
  await database.query('ALTER TABLE tenants RENAME TO elsewhere');
  await until(() => answers(`${server.url}/health/ready`, 503));
  expect(await answers(`${server.url}/health/live`, 200)).toBe(true);
  await database.query('ALTER TABLE elsewhere RENAME TO tenants');
  await server.ready();
  expect((await requestToken(server, admin(server))).status).toBe(200);
});

describe('METRICS_PORT', () => {
  it('serves the process, the routes and the tokens on a listener of its own', async () => {
    const metricsPort = await freePort();
    const server = await start({ METRICS_PORT: String(metricsPort) });
    await server.ready();
    await requestToken(server, admin(server));
    await requestToken(server, { clientId: 'admin', secret: 'wrong' });
    const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
    expect(text).toMatch(/^latchkey_tokens_issued_total 1$/m);
    expect(text).toMatch(/^latchkey_tokens_refused_total\{reason="invalid_client"\} 1$/m);
    expect(text).toMatch(/http_request_duration_seconds_count\{method="POST",route="\/connect\/token",status="200"\} 1/);
    expect(text).toMatch(/^process_resident_memory_bytes \d/m);
    expect(await answers(`${server.url}/metrics`, 404)).toBe(true);
    expect(await answers(`http://127.0.0.1:${metricsPort}/`, 404)).toBe(true);
  });
});

it("is migrated by TypeORM's own command line as well, through ormconfig", async () => {
  mkdirSync(join(database.folder, 'data'), { recursive: true });
  const root = join(import.meta.dirname, '..');
  const typeorm = async (command: string) => {
    const args = [join(root, 'node_modules/typeorm/cli.js'), '-d', join(root, 'dist/ormconfig.js'), command];
    const { stdout } = await promisify(execFile)(process.execPath, args, {
      cwd: root,
      env: { PATH: process.env.PATH, DATABASE_URL: database.url, ENCRYPTION_KEY },
    });
    return stdout;
  };
  expect(await typeorm('migration:show')).toMatch(/\[ \] .*Initial1763856000000/);
  await typeorm('migration:run');
  const shown = await typeorm('migration:show');
  for (const file of MIGRATIONS) expect(shown).toMatch(new RegExp(`\\[X\\] .*${file.split('-')[0]}`));
  for (const _ of MIGRATIONS.slice(1)) await typeorm('migration:revert');
  await database.query('SELECT * FROM clients');
  await typeorm('migration:revert');
  await expect(database.query('SELECT * FROM clients')).rejects.toThrow(/clients/);
  const server = await start();
  await server.ready();
  const credentials = admin(server);
  expect((await requestToken(server, credentials)).status).toBe(200);

  await server.stop();
  for (const _ of MIGRATIONS.slice(1)) await typeorm('migration:revert');
  const upgraded = await start({ PORT: String(server.port) });
  await upgraded.ready();
  expect((await requestToken(upgraded, credentials)).status).toBe(200);
  const { body } = await graphql(upgraded, {
    token: await getToken(upgraded, credentials),
    query:
      '{ client(clientId: "admin") { authMethod jwks lastUsedAt secrets { useCount rotation { supersededAt } } } signingKeys { state } }',
  });
  expect(body.data.client).toEqual({
    authMethod: 'SECRET',
    jwks: null,
    lastUsedAt: null,
    secrets: [{ useCount: 0, rotation: { supersededAt: null } }],
  });
  expect(body.data.signingKeys.map(({ state }: { state: string }) => state)).toContain('NEXT');
});

/** A start takes its turn through the lease, whatever comes of it. */
function withoutLeases(dump: string): string {
  return JSON.stringify(JSON.parse(dump).slice(0, -1));
}
