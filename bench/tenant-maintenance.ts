import { setTimeout as sleep } from 'node:timers/promises';
import { loadBuilt, openBuilt } from './built.ts';
import { median } from './client.ts';

const ROUNDS = 10;
const ROTATED_AT_ONCE = 100;
/** What a server issues between two flushes at 2,000 a second. */
const TOKENS_A_FLUSH = 6_000;
const SWEPT = ['status', 'proofs', 'secrets', 'use', 'sessions'];

interface Cost {
  milliseconds: number;
  processor: number;
  /** For how long nothing else could run, at most. */
  blocked: number;
}

/** What goes on beside the requests, on a database with all tenants: in this process, one thing at a time. */
export async function measureMaintenance(database: string, env: Record<string, string>): Promise<object[]> {
  const installation = await openBuilt(env);
  const { signingKeys, directory, secrets, audit } = installation;
  const rotate = async (days: number, expected: number) => {
    let rotated = 0;
    await signingKeys.rotateWhenDue(days, directory.contextOf.bind(directory), { onRotated: () => (rotated += 1) });
    if (rotated !== expected) throw new Error(`${rotated} keys were replaced instead of ${expected}`);
  };
  const now = () => new Date();
  const works: [string, () => Promise<unknown>, number?][] = [
    ['at the start: the newest key', () => signingKeys.requireKey()],
    ['at the start: secrets under lost keys', () => secrets.countUnreadable(), 3],
    ['every minute: keys that are due, none', () => rotate(90, 0)],
    [`every minute: keys that are due, ${ROTATED_AT_ONCE} replaced`, () => rotate(0, ROTATED_AT_ONCE)],
    [`every minute: old keys, ${ROUNDS * ROTATED_AT_ONCE} just replaced`, () => signingKeys.extend(now())],
    ['every minute: all other sweeps', () => sweepOthers()],
    ['every 3 s: uses, 6,000 tokens of 100 clients', await createFlush(installation, 100)],
    ['every 3 s: uses, 6,000 tokens of 6,000 clients', await createFlush(installation, TOKENS_A_FLUSH)],
  ];
  const sweepOthers = async () => {
    for (const store of SWEPT) await installation[store].sweep(now());
    await audit.sweep(now(), 400);
  };
  const rows: object[] = [];
  for (const [work, run, rounds = ROUNDS] of works) {
    const costs: Cost[] = [];
    for (let round = 0; round < rounds; round += 1) costs.push(await measure(run));
    rows.push({ database, work, ...summarise(costs) });
  }
  await installation.database.close();
  return rows;
}

/** Uses by clients that are anywhere, and by others each time: the order of the digests is none. */
async function createFlush({ database }: { database: { read(work: object): Promise<{ id: string; secret: string }[]> } }, clients: number) {
  const { ClientUseService } = await loadBuilt('clients/use/client-use.service.js');
  const use = new ClientUseService(database);
  const rows = await database.read((manager: { query(sql: string): Promise<object[]> }) =>
    manager.query('SELECT client_row_id AS id, id AS secret FROM client_secrets ORDER BY lookup_digest LIMIT 100000'),
  );
  return async () => {
    const own = Array.from({ length: clients }, () => rows[Math.floor(Math.random() * rows.length)] as (typeof rows)[number]);
    for (let token = 0; token < TOKENS_A_FLUSH; token += 1) {
      const { id, secret } = own[token % clients] as (typeof rows)[number];
      use.used({ clientRowId: id, secretId: secret, ip: '192.0.2.1' });
      use.count(id, 'issued');
    }
    await use.flush();
  };
}

async function measure(work: () => Promise<unknown>): Promise<Cost> {
  const pulse = startPulse();
  await sleep(20);
  const processorBefore = process.cpuUsage();
  const began = performance.now();
  await work();
  const milliseconds = performance.now() - began;
  const { user, system } = process.cpuUsage(processorBefore);
  await sleep(20);
  return { milliseconds, processor: (user + system) / 1000, blocked: pulse.stop() };
}

/** Beats every millisecond, if it can. */
function startPulse() {
  let last = performance.now();
  let longest = 0;
  const timer = setInterval(() => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  }, 1);
  const stop = () => {
    clearInterval(timer);
    return longest;
  };
  return { stop };
}

function summarise(costs: readonly Cost[]): object {
  const of = (figure: keyof Cost) => median(costs.map((cost) => cost[figure])).toFixed(1);
  return { 'ms in all': of('milliseconds'), 'processor, ms': of('processor'), 'at a stretch, ms': of('blocked') };
}
