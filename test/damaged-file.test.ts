import { closeSync, copyFileSync, mkdirSync, openSync, rmSync, statSync, truncateSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { getToken, graphql, requestToken } from '../testbed/app.js';
import { createTestDatabase, kind, type TestDatabase } from '../testbed/database.js';
import { answers, startProcess, type TestProcess, until } from '../testbed/process.js';

/** A database server looks after its files by itself. */
const describeOnSqlite = kind === 'sqlite' ? describe : describe.skip;
const PAGE = 4096;
const AT_ONCE = 2;

describeOnSqlite('an SQLite file that is damaged', () => {
  let database: TestDatabase;
  let whole: string;
  let admin: { clientId: string; secret: string };
  const running: TestProcess[] = [];

  beforeAll(async () => {
    database = await createTestDatabase();
    const server = await start(database.url);
    await server.ready();
    admin = { clientId: 'admin', secret: server.printedSecret() as string };
    const token = await getToken(server, admin);
    for (let number = 0; number < 30; number += 1) {
      await graphql(server, { token, query: `mutation { createClient(input: { name: "A", clientId: "c-${number}" }) { clientSecret } }` });
    }
    await server.stop();
    whole = database.url.slice('sqlite:'.length);
  });
  afterAll(async () => {
    await Promise.all(running.map((server) => server.stop('SIGKILL')));
    await database.remove();
  });

  async function start(url: string, script?: string, ...args: string[]): Promise<TestProcess> {
    const program = await startProcess({ url, folder: database.folder }, { LOG_LEVEL: 'error' }, script, ...args);
    running.push(program);
    return program;
  }

  function damagedCopy(name: string, damage: (path: string) => void): string {
    const folder = join(database.folder, name);
    mkdirSync(folder);
    const path = join(folder, 'latchkey.db');
    copyFileSync(whole, path);
    damage(path);
    return path;
  }

  function overwrite(path: string, from: number, bytes: Buffer): void {
    const file = openSync(path, 'r+');
    writeSync(file, bytes, 0, bytes.length, from);
    closeSync(file);
  }

  /** What is missing at the end; and pages with rubbish, or with nothing, in them: each of the first, where the schema is, and some of the rest. */
  function damages(): [string, (path: string) => void][] {
    const { size } = statSync(whole);
    const pages = Array.from({ length: size / PAGE }, (_, page) => page).filter((page) => page < 6 || page % 12 === 0);
    const rubbish = Buffer.alloc(PAGE, 0xa5);
    return [
      ...[0.3, 0.7].map((part): [string, (path: string) => void] => [`cut-${part}`, (path) => truncateSync(path, Math.floor(size * part))]),
      ...pages.map((page): [string, (path: string) => void] => [
        `page-${page}`,
        // The very first bytes say that it is one of SQLite's.
        (path) =>
          overwrite(path, page * PAGE + (page === 0 ? 100 : 0), (page % 2 ? rubbish : Buffer.alloc(PAGE)).subarray(page === 0 ? 100 : 0)),
      ]),
    ];
  }

  /** What a program ended with, or that it serves all the same: nothing of what is damaged is asked for at a start. */
  async function end(program: TestProcess): Promise<string> {
    let isOver = false;
    void program.exit.then(() => {
      isOver = true;
    });
    await until(async () => isOver || (await answers(`${program.url}/health/ready`, 200)));
    if (!isOver) return 'serves';
    expect(await program.exit).toBe(1);
    const lines = program.output().trim().split('\n');
    return lines.filter((line) => !line.startsWith('{')).join('\n');
  }

  it('is told in a sentence at the start, wherever it is damaged, and never by a stack', async () => {
    const all = damages();
    const ends = new Map<string, string>();
    const work = async () => {
      for (let next = all.pop(); next; next = all.pop()) {
        const [name, damage] = next;
        const program = await start(`sqlite:${damagedCopy(name, damage)}`);
        ends.set(name, await end(program));
        await program.stop('SIGKILL');
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    const told = [...ends].filter(([, text]) => text !== 'serves');
    for (const [name, text] of told) expect([name, text]).toEqual([name, expect.stringMatching(/^[^\n]+\.$/)]);
    expect(
      told.some(([, text]) => text === 'The database cannot be used: its file is damaged; put a backup in its place with npm run restore.'),
    ).toBe(true);
  });

  it('is told in a sentence by every command', async () => {
    const path = damagedCopy('commands', (copy) => truncateSync(copy, PAGE * 3));
    for (const [script = '', ...args] of [['admin:reset'], ['backup', join(database.folder, 'copy')]]) {
      const program = await start(`sqlite:${path}`, script, ...args);
      expect(await program.exit).toBe(1);
      expect(program.output().trim()).toMatch(/^[^\n]*damaged[^\n]*\.$/);
    }
  });

  it('is told in the log while it is served, and whoever asks is refused', async () => {
    const path = damagedCopy('served', () => undefined);
    const server = await start(`sqlite:${path}`);
    await server.ready();
    const token = await getToken(server, admin);
    const { size } = statSync(path);
    overwrite(path, PAGE, Buffer.alloc(size - PAGE, 0xa5));
    rmSync(`${path}-wal`, { force: true });
    const seen = await Promise.all([
      requestToken(server, admin),
      graphql(server, { token, query: '{ clients(first: 100) { nodes { name scopes } } }' }),
      graphql(server, { token, query: 'mutation { createClient(input: { name: "A", clientId: "late" }) { clientSecret } }' }),
    ]);
    expect(seen.map(({ status }) => status).every((status) => status === 503 || status === 200)).toBe(true);
    expect(seen.map(({ status }) => status)).toContain(503);
    await until(() => /"code":"SQLITE_(CORRUPT|IOERR|NOTADB)/.test(server.output()));
    expect(server.output()).not.toContain('    at ');
  });
});
