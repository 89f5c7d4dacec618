// npm run bench:seed -- [--clients 1000000] [--tenants 0] [--each 100] [--seed 1] [--sample 512] [--secrets file.json]
// fills the database that DATABASE_URL names, with the server's own settings, and says what it made.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openBuilt } from './built.ts';
import { createMaker, type Maker, type SeedTenant } from './seed-maker.ts';
import { createNames, createRandom } from './seed-names.ts';
import { openTarget, type Target } from './seed-target.ts';
import { hostOf } from './tenant-seed.ts';

const CLIENTS_AT_ONCE = 1000;
const DAY_MS = 86_400_000;
const OLDEST_DAYS = 1000;
const LATELY_DAYS = 90;
const DISABLED = 0.02;
const NEVER_USED = 0.3;

/** How much to make. */
export interface SeedPlan {
  /** Clients of the home tenant. */
  clients?: number;
  /** Tenants beside it, named `t00000.localhost` and so on. */
  tenants?: number;
  /** Clients of each of those. */
  each?: number;
  /** The same number makes the same names. */
  seed?: number;
  /** Of how many clients, spread over all, the secrets are wanted. */
  sample?: number;
}

/** What a client that was made proves itself with, and where. */
export interface SeededSecret {
  host: string;
  clientId: string;
  clientSecret: string;
}

/**
 * Fills a database with clients that get tokens: every row as the server's services make it, poured in past the server.
 * Some are disabled, some were used lately, some never.
 * @param env the server's settings; ENCRYPTION_KEY among them, for the secrets are stored under it
 * @returns the secrets of the sample, all of clients that are enabled
 * @throws when the database has more than a first start leaves
 */
export async function seedDatabase(env: Record<string, string>, plan: SeedPlan): Promise<SeededSecret[]> {
  const home = await requireEmpty(env);
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-seed-'));
  const maker = await createMaker({ ...env, DATABASE_URL: `sqlite:${folder}/made-with.db` });
  const target = await openTarget(env.DATABASE_URL as string);
  try {
    return await pour(maker, target, { home, ...plan });
  } finally {
    await target.close();
    await maker.close();
    rmSync(folder, { recursive: true });
  }
}

async function requireEmpty(env: Record<string, string>): Promise<SeedTenant> {
  const { database, home } = await openBuilt(env);
  const counted = 'SELECT (SELECT COUNT(*) FROM clients) AS clients, (SELECT COUNT(*) FROM tenants) AS tenants';
  const [found] = await database.read((manager: { query(sql: string): Promise<object[]> }) => manager.query(counted));
  await database.close();
  if (Number(found.clients) > 1 || Number(found.tenants) > 1)
    throw new Error('The database has clients or tenants already: give an empty one.');
  return home;
}

async function pour(maker: Maker, target: Target, plan: SeedPlan & { home: SeedTenant }): Promise<SeededSecret[]> {
  const { home, clients = 0, tenants = 0, each = 100, seed = 1, sample = 512 } = plan;
  const whole = clients + tenants * each;
  const nextClient = createClients(seed, whole);
  const secrets: SeededSecret[] = [];
  let made = 0;
  const fill = async (at: SeedTenant, host: string, count: number) => {
    for (let index = 0; index < count; index += 1) {
      const client = nextClient();
      const clientSecret = await maker.client(at, client);
      made += 1;
      // One of the next few when this one is disabled.
      if (client.enabled && secrets.length < Math.ceil((made * sample) / whole))
        secrets.push({ host, clientId: client.clientId, clientSecret });
      if ((index + 1) % CLIENTS_AT_ONCE === 0) await flush(maker, target);
    }
  };
  await fill(home, new URL(home.issuer).host, clients);
  // Tables are poured in the order of their first rows: a tenant goes before its clients.
  await flush(maker, target);
  for (let index = 0; index < tenants; index += 1) {
    const host = hostOf(index);
    await fill(await maker.tenant({ host, name: `Tenant ${index}` }), host, each);
    if ((index + 1) % Math.ceil(CLIENTS_AT_ONCE / Math.max(each, 1)) === 0) await flush(maker, target);
  }
  await flush(maker, target);
  return secrets;
}

async function flush(maker: Maker, target: Target): Promise<void> {
  for (const { table, columns, rows } of maker.take()) await target.insert(table, columns, rows);
}

/** Clients of all ages, the oldest first. */
function createClients(seed: number, count: number) {
  const nextNames = createNames(seed);
  const random = createRandom(seed + 1);
  const now = Date.now();
  let index = 0;
  return () => {
    const createdAt = new Date(now - (1 - index++ / count) * OLDEST_DAYS * DAY_MS);
    const used = random() < NEVER_USED ? null : Math.max(createdAt.getTime(), now - random() ** 3 * LATELY_DAYS * 4 * DAY_MS);
    const lastUsedAt = used === null ? null : new Date(Math.floor(used));
    return { ...nextNames(), createdAt, updatedAt: createdAt, lastUsedAt, enabled: random() >= DISABLED };
  };
}

if (import.meta.main) {
  const options = { type: 'string' } as const;
  const { values } = parseArgs({
    options: { clients: options, tenants: options, each: options, seed: options, sample: options, secrets: options },
  });
  const { secrets: file, ...numbers } = values;
  const plan: SeedPlan = Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, Number(value)]));
  if (plan.clients === undefined && plan.tenants === undefined) plan.clients = 1_000_000;
  const began = performance.now();
  const env = Object.fromEntries(Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined));
  const secrets = await seedDatabase({ DATABASE_URL: 'sqlite:data/latchkey.db', ...env }, plan);
  if (file) writeFileSync(file, JSON.stringify(secrets), { mode: 0o600 });
  console.log(
    `Made ${JSON.stringify(plan)} in ${Math.round((performance.now() - began) / 1000)} s; secrets of ${secrets.length} ${file ? `in ${file}` : 'not kept'}.`,
  );
}
