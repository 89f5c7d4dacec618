import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PrivateMariaDb } from '../testbed/mariadb.ts';
import { openBuilt } from './built.ts';
import { median } from './client.ts';
import { openTarget } from './seed-target.ts';
import { type Subject, startLatchkey } from './subject.ts';
import { enlarge } from './targets.ts';
import { type Stretch, TenantLoad } from './tenant-load.ts';
import { measureMaintenance } from './tenant-maintenance.ts';
import { seed, TENANTS } from './tenant-seed.ts';

const SETTLED_MS = 5_000;
const WALK_LANES = 8;
const MARKS = [1_000, 5_000, TENANTS];
const WARM = 50;
const PAIRS = 500;
const SPREADS = [1, 500, TENANTS];
/** As many as the server keeps at hand. */
const MOST_AT_HAND = 1_000;
const ROUNDS = 6;
const SECONDS = 5;
const CONNECTIONS = 32;

/** One server's settings, and what the tables call its database. */
interface Place {
  database: string;
  env: Record<string, string>;
}

/** 10,000 tenants with 100 clients each: what a cold one costs, what they need of memory, and what of processor time. */
export async function benchTenants(mariaDb: PrivateMariaDb | undefined): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-bench-'));
  // Without a port in it, the tenants' hosts stay what they are wherever a server listens.
  const shared = { ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64'), ISSUER: 'http://localhost' };
  const sqlite = { database: 'SQLite', env: { ...shared, DATABASE_URL: `sqlite:${folder}/tenants.db` } };
  const places = [sqlite, ...(mariaDb ? [{ database: 'MariaDB', env: { ...shared, DATABASE_URL: `${mariaDb.url}/tenants` } }] : [])];
  if (mariaDb) await enlarge(mariaDb);
  const secrets = await fill(places, `${folder}/tenants.db`);
  const tables: Record<'cold' | 'memory' | 'spread' | 'maintenance', object[]> = { cold: [], memory: [], spread: [], maintenance: [] };
  for (const place of places) {
    const walked = await serve(place, secrets, walkTwice);
    tables.memory.push({ database: place.database, ...walked.memory });
    tables.cold.push({ database: place.database, 'cold because': 'dropped', ...walked.cold });
    const loaded = await serve(place, secrets, loadInSpreads);
    tables.cold.push({ database: place.database, 'cold because': 'never used', ...loaded.cold });
    tables.spread.push(...loaded.rows.map((row) => ({ database: place.database, ...row })));
    tables.maintenance.push(...(await measureMaintenance(place.database, place.env)));
  }
  rmSync(folder, { recursive: true });
  report(tables);
}

async function fill(places: readonly Place[], file: string): Promise<string[]> {
  const began = performance.now();
  const targets = [];
  for (const { env } of places) {
    await (await openBuilt(env)).database.close();
    targets.push(await openTarget(env.DATABASE_URL as string));
  }
  const [{ env }] = places as [Place];
  const secrets = await seed({ ...env, DATABASE_URL: `sqlite:${file}.made-with` }, targets);
  console.log(`${TENANTS} tenants and ${secrets.length} clients made in ${Math.round((performance.now() - began) / 1000)} s`);
  return secrets;
}

async function serve<T>(
  { database, env }: Place,
  secrets: readonly string[],
  work: (load: TenantLoad, subject: Subject) => Promise<T>,
): Promise<T> {
  const subject = await startLatchkey(database, env);
  const load = new TenantLoad(subject, secrets);
  try {
    return await work(load, subject);
  } finally {
    load.close();
    await subject.stop();
  }
}

/** Memory while all tenants get a token each, twice; then what those cost that were dropped meanwhile. */
async function walkTwice(load: TenantLoad, subject: Subject) {
  await sleep(SETTLED_MS);
  const memory: Record<string, number> = { 'started, MB': Math.round(subject.residentMegabytes()) };
  let from = 0;
  for (const to of MARKS) {
    await load.walk({ from, to, lanes: WALK_LANES });
    memory[`${to}, MB`] = Math.round(subject.residentMegabytes());
    from = to;
  }
  for (const time of ['twice', 'three times']) {
    await load.walk({ from: 0, to: TENANTS, lanes: WALK_LANES });
    memory[`all ${time}, MB`] = Math.round(subject.residentMegabytes());
  }
  await sleep(SETTLED_MS);
  return { memory, cold: await compareCold(load, { warmFrom: TENANTS - WARM, coldFrom: 0 }) };
}

/** The first token of a cold tenant and one of a warm one in turns, one at a time. */
async function compareCold(load: TenantLoad, { warmFrom, coldFrom }: { warmFrom: number; coldFrom: number }): Promise<object> {
  for (let round = 0; round < 10; round += 1) await load.walk({ from: warmFrom, to: warmFrom + WARM, lanes: 1 });
  const cold: number[] = [];
  const warm: number[] = [];
  for (let pair = 0; pair < PAIRS; pair += 1) {
    cold.push(await load.token(coldFrom + pair));
    warm.push(await load.token(warmFrom + (pair % WARM)));
  }
  const more = cold.map((time, pair) => time - (warm[pair] as number));
  return {
    'cold, ms': median(cold).toFixed(2),
    'warm, ms': median(warm).toFixed(2),
    'difference, ms': median(more).toFixed(2),
    'cold p95': quantile(cold, 0.95).toFixed(2),
    'warm p95': quantile(warm, 0.95).toFixed(2),
    'difference p95': quantile(more, 0.95).toFixed(2),
    'slowest cold': Math.max(...cold).toFixed(1),
  };
}

/** Load on few tenants and on many, in turns, forth and back. */
async function loadInSpreads(load: TenantLoad) {
  const cold = await compareCold(load, { warmFrom: 0, coldFrom: WARM });
  const stretches = new Map<number, Stretch[]>(SPREADS.map((tenants) => [tenants, []]));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const tenants of round % 2 ? SPREADS.toReversed() : SPREADS) {
      if (tenants <= MOST_AT_HAND) await load.walk({ from: 0, to: tenants, lanes: CONNECTIONS });
      await load.spread({ tenants, seconds: 1, lanes: CONNECTIONS });
      stretches.get(tenants)?.push(await load.spread({ tenants, seconds: SECONDS, lanes: CONNECTIONS }));
    }
  }
  return { cold, rows: [...stretches].map(([tenants, own]) => summarise(tenants, own)) };
}

function summarise(tenants: number, stretches: readonly Stretch[]): object {
  const of = (figure: (stretch: Stretch) => number) => median(stretches.map(figure));
  const perSecond = stretches.map(({ tokens, seconds }) => tokens / seconds);
  return {
    tenants,
    'tokens/s': Math.round(median(perSecond)),
    spread: `${Math.round(Math.min(...perSecond))} to ${Math.round(Math.max(...perSecond))}`,
    'median ms': of(({ times }) => median(times)).toFixed(1),
    'p99 ms': Math.round(of(({ times }) => quantile(times, 0.99))),
    'processor µs/token': Math.round(of(({ processorMicroseconds }) => processorMicroseconds)),
  };
}

function quantile(values: readonly number[], part: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(part * (values.length - 1))] as number;
}

function report({ cold, memory, spread, maintenance }: Record<'cold' | 'memory' | 'spread' | 'maintenance', object[]>): void {
  console.log(`\nThe first token of a cold tenant beside one of a warm one: ${PAIRS} pairs, one request at a time, medians`);
  console.table(cold);
  console.log('\nResident memory after one token each of so many tenants');
  console.table(memory);
  console.log(`\nTokens a second: ${ROUNDS} rounds of ${SECONDS} s in turns, ${CONNECTIONS} connections, medians`);
  console.table(spread);
  console.log('\nWhat goes on beside the requests, by itself, medians');
  console.table(maintenance);
}
