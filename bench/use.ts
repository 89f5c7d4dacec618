import mysql from 'mysql2/promise';
import type { PrivateMariaDb } from '../test/support/mariadb.ts';
import { median } from './client.ts';
import { type Subject, start } from './subject.ts';
import { loadInTurns, type Round } from './token.ts';

const ROUNDS = 8;
/** Twice as long as the time between two flushes. */
const SECONDS = 6;
const RECORDING = 'dist/src/main.js';
const FORGETTING = 'bench/without-use.ts';

/** What it costs in tokens a second to record who used which secret. */
export async function benchUse(mariaDb: PrivateMariaDb | undefined): Promise<void> {
  const rows = await compare('SQLite', (script) => begin(script));
  if (mariaDb) rows.push(...(await compare('MariaDB', async (script) => begin(script, await settings(mariaDb, script)))));
  console.log(`\nRecording the use of secrets: ${ROUNDS} rounds of ${SECONDS} s in turns, medians`);
  console.table(rows);
}

function begin(script: string, env: Record<string, string> = {}): Promise<Subject> {
  return start(script === RECORDING ? 'with' : 'without', script, { env, path: '/health/ready' });
}

/** A database of its own for each. */
async function settings({ url }: PrivateMariaDb, script: string): Promise<Record<string, string>> {
  const name = script === RECORDING ? 'use_with' : 'use_without';
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
    spread: `${Math.min(...perSecond).toFixed(2)} to ${Math.max(...perSecond).toFixed(2)}`,
    'p99 ms': of('p99'),
    'processor µs/token': Math.round(of('processorMicroseconds')),
    'processor time of without': median(ratios('processorMicroseconds')).toFixed(3),
  };
}
