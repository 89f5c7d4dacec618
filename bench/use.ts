import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mysql from 'mysql2/promise';
import type { PrivateMariaDb } from '../test/support/mariadb.ts';
import { loadBuilt, openBuilt } from './built.ts';
import { median } from './client.ts';
import { type Subject, start } from './subject.ts';
import { loadInTurns, type Round } from './token.ts';

const ROUNDS = 24;
/** As long as the time between two flushes. */
const SECONDS = 3;
const CLIENTS = 512;
const FLUSHES = 30;
/** What a server issues between two flushes at 2,000 a second. */
const TOKENS_A_FLUSH = 6_000;
const RECORDING = 'dist/src/main.js';
const FORGETTING = 'bench/without-use.ts';

/** What it costs in tokens a second to record who used which secret. */
export async function benchUse(mariaDb: PrivateMariaDb | undefined): Promise<void> {
  const rows = await compare('SQLite', (script) => begin(script));
  if (mariaDb) rows.push(...(await compare('MariaDB', async (script) => begin(script, await settings(mariaDb, script)))));
  console.log(`\nRecording the use of secrets: ${ROUNDS} rounds of ${SECONDS} s in turns, medians`);
  console.table(rows);
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-bench-'));
  const alone = [{ database: 'SQLite', ...(await measureAlone({ DATABASE_URL: `sqlite:${folder}/alone.db` })) }];
  rmSync(folder, { recursive: true });
  if (mariaDb) alone.push({ database: 'MariaDB', ...(await measureAlone(await settings(mariaDb, 'alone'))) });
  console.log(
    `\nThe same by itself: processor time of the process, ${CLIENTS} clients, ${TOKENS_A_FLUSH} tokens a flush, medians of ${FLUSHES}`,
  );
  console.table(alone);
}

function begin(script: string, env: Record<string, string> = {}): Promise<Subject> {
  return start(script === RECORDING ? 'with' : 'without', script, { env, path: '/health/ready' });
}

/** A database of its own for each. */
async function settings({ url }: PrivateMariaDb, script: string): Promise<Record<string, string>> {
  const name = `use_${script.replaceAll(/\W/g, '_')}`;
  const connection = await mysql.createConnection(url);
  await connection.query(`CREATE DATABASE ${name}`);
  await connection.end();
  return { DATABASE_URL: `${url}/${name}`, ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64') };
}

async function compare(database: string, prepare: (script: string) => Promise<Subject>): Promise<object[]> {
  const subjects = [await prepare(FORGETTING), await prepare(RECORDING)];
  const rounds = await loadInTurns(subjects, ROUNDS, SECONDS);
  const [without = []] = rounds.values();
  await Promise.all(subjects.map((subject) => subject.stop()));
  return [...rounds].map(([{ name }, own]) => ({ database, recording: name, ...summarise(own, without) }));
}

function summarise(own: readonly Round[], without: readonly Round[]): object {
  const of = (figure: keyof Round) => median(own.map((round) => round[figure]));
  const ratios = (figure: keyof Round) => own.map((round, index) => round[figure] / (without[index]?.[figure] ?? Number.NaN));
  const perSecond = ratios('perSecond');
  return {
    'tokens/s': Math.round(of('perSecond')),
    'of without': median(perSecond).toFixed(3),
    'middle half': `${quantile(perSecond, 0.25).toFixed(2)} to ${quantile(perSecond, 0.75).toFixed(2)}`,
    'p99 ms': of('p99'),
    'processor µs/token': Math.round(of('processorMicroseconds')),
    'processor time of without': median(ratios('processorMicroseconds')).toFixed(3),
  };
}

function quantile(values: readonly number[], part: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(part * (values.length - 1))] as number;
}

/** The same work by itself, without the noise of the rest: in this process, on a database of its own. */
async function measureAlone(env: Record<string, string>): Promise<object> {
  const { clients, secrets, database, home } = await openBuilt(env);
  const { ClientUseService } = await loadBuilt('clients/client-use.service.js');
  const { ClientAuthMethod } = await loadBuilt('clients/client.entity.js');
  const { makeSecret } = await loadBuilt('clients/secret.js');
  const uses: { clientRowId: string; secretId: string; ip: string }[] = [];
  const values = {
    name: 'Bench',
    accessTokenLifetime: 60,
    scopes: [],
    audiences: ['urn:x'],
    authMethod: ClientAuthMethod.SECRET,
    jwks: null,
  };
  for (let index = 0; index < CLIENTS; index += 1) {
    await database.write(async (manager: { query(sql: string, parameters: unknown[]): Promise<{ id: string }[]> }) => {
      const client = await clients.insert(manager, home, { ...values, clientId: `alone-${index}` });
      await secrets.insert(manager, client, { secret: makeSecret(), hint: 'x' });
      const [row] = await manager.query('SELECT id FROM client_secrets WHERE client_row_id = ?', [client.id]);
      uses.push({ clientRowId: client.id, secretId: row?.id as string, ip: '192.0.2.1' });
    });
  }
  const use = new ClientUseService(database);
  const [adding, writing]: [number[], number[]] = [[], []];
  for (let flush = 0; flush < FLUSHES; flush += 1) {
    let began = process.cpuUsage();
    for (let token = 0; token < TOKENS_A_FLUSH; token += 1) {
      const own = uses[token % CLIENTS] as (typeof uses)[number];
      use.used(own);
      use.count(own.clientRowId, 'issued');
    }
    adding.push(microseconds(process.cpuUsage(began)) / TOKENS_A_FLUSH);
    began = process.cpuUsage();
    await use.flush();
    writing.push(microseconds(process.cpuUsage(began)));
  }
  await database.close();
  const perToken = median(adding) + median(writing) / TOKENS_A_FLUSH;
  return {
    'adding, µs a token': median(adding).toFixed(2),
    'writing, ms a flush': (median(writing) / 1000).toFixed(1),
    'together, µs a token': perToken.toFixed(2),
  };
}

function microseconds({ user, system }: NodeJS.CpuUsage): number {
  return user + system;
}
