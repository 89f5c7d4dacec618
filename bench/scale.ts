import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PrivateMariaDb } from '../testbed/mariadb.ts';
import { openBuilt } from './built.ts';
import { introspecting } from './introspect.ts';
import { type ListRow, measureLists, printLists } from './lists.ts';
import { Report } from './report.ts';
import { seedDatabase } from './seed.ts';
import { startLatchkey } from './subject.ts';
import { createDatabase, enlarge, type TokenTarget, tokenRequest } from './targets.ts';
import { inTurns, toRow } from './turns.ts';

const SIZES = [100, 10_000, 1_000_000];
const COURSE = { rounds: 5, seconds: 3, connections: 32 };

const LIST_ROUNDS = 5;

/** A database of so many clients, and a server on it. */
interface Place {
  size: number;
  env: Record<string, string>;
  target: TokenTarget;
}

/** Tokens, introspections, lists, searches and counts among a hundred, ten thousand and a million clients of one tenant. */
export async function benchScale(mariaDb: PrivateMariaDb | undefined): Promise<void> {
  const report = new Report('scale');
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-bench-'));
  const key = Buffer.alloc(32, 7).toString('base64');
  await measure(report, 'SQLite', async (size) => ({ DATABASE_URL: `sqlite:${folder}/${size}.db`, ENCRYPTION_KEY: key }));
  if (mariaDb) await enlarge(mariaDb);
  if (mariaDb) await measure(report, 'MariaDB', () => createDatabase(mariaDb));
  rmSync(folder, { recursive: true });
  report.close();
}

async function measure(report: Report, database: string, settings: (size: number) => Promise<Record<string, string>>): Promise<void> {
  const places: Place[] = [];
  for (const size of SIZES) places.push(await fill(database, size, await settings(size)));
  const turns = `${COURSE.rounds} rounds of ${COURSE.seconds} s in turns, ${COURSE.connections} connections`;
  const targets = places.map(({ target }) => target);
  const tokens = await inTurns(targets, COURSE);
  report.table(
    `${database}, tokens: ${turns}`,
    tokens.map((result) => toRow(result, 'of 100')),
    tokens,
  );
  const looks = await inTurns(await Promise.all(targets.map(introspecting)), COURSE);
  report.table(
    `${database}, introspections: ${turns}`,
    looks.map((result) => toRow(result, 'of 100')),
    looks,
  );
  await Promise.all(targets.map((target) => target.stop()));
  const lists: ListRow[] = [];
  for (const { env } of places) lists.push(...(await measureLists({ database, env }, LIST_ROUNDS)));
  printLists(lists);
  report.table(`${database}, the plan of a lookup at the token endpoint`, await explainLookup(places.at(-1) as Place));
  const largest = Math.max(...SIZES);
  report.keep(
    `${database}, lists`,
    lists.map(({ plans, ...row }) => (row.clients < largest ? row : { ...row, plans })),
  );
}

/** @returns what runs on a database of so many clients, 512 of which ask for tokens */
async function fill(database: string, size: number, env: Record<string, string>): Promise<Place> {
  const began = performance.now();
  const settings = { ISSUER: 'http://localhost', ADMIN_CLIENT_SECRET: 'a-secret-for-measurements-only-0123456789', ...env };
  const secrets = await seedDatabase(settings, { clients: size, sample: Math.min(512, Math.floor(size / 2)) });
  const { index, database: opened } = await openBuilt(settings);
  await index.fill();
  await opened.close();
  console.log(`${database}: ${size} clients made and indexed in ${Math.round((performance.now() - began) / 1000)} s`);
  const subject = await startLatchkey(`${database}, ${size} clients`, settings);
  const requests = secrets.map(({ host, clientId, clientSecret }) => ({ ...tokenRequest(clientId, clientSecret), host }));
  return { size, env: settings, target: { ...subject, requests } };
}

export async function explainLookup({ env }: Pick<Place, 'env'>): Promise<object[]> {
  const { lookup, home, database } = await openBuilt(env);
  const asked: [statement: string, parameters: unknown[]][] = [];
  const { rows } = database;
  database.rows = (...query: [string, unknown[]]) => {
    asked.push(query);
    return rows.apply(database, query);
  };
  await lookup.find(home, 'admin');
  await Promise.all(['admin', 'nobody'].map((clientId) => lookup.find(home, clientId)));
  const [statement, parameters] = asked.at(-1) as [string, unknown[]];
  const explain = database.dialect({ sqlite: 'EXPLAIN QUERY PLAN', mysql: 'EXPLAIN' });
  const plan = await database.rows(`${explain} ${statement}`, parameters);
  await database.close();
  return plan;
}
