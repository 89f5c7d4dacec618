import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PrivateMariaDb } from '../testbed/mariadb.ts';
import { loadBuilt, openBuilt } from './built.ts';
import { median } from './client.ts';
import { CLIENTS } from './load.ts';
import { Report } from './report.ts';
import { start } from './subject.ts';
import { createDatabase, registered, type TokenTarget } from './targets.ts';
import { inTurns, toRow } from './turns.ts';

/** Rounds as long as the time between two flushes. */
const COURSE = { rounds: 24, seconds: 3, connections: 32 };
const FLUSHES = 30;
/** What a server issues between two flushes at 2,000 a second. */
const TOKENS_A_FLUSH = 6_000;
const SCRIPTS = [
  ['without', 'bench/without-use.ts'],
  ['with', 'dist/src/main.js'],
] as const;

/** What it costs in tokens a second to record who used which secret. */
export async function benchUse(mariaDb: PrivateMariaDb | undefined): Promise<void> {
  const report = new Report('use');
  await compare(report, 'SQLite', async () => ({}));
  if (mariaDb) await compare(report, 'MariaDB', () => createDatabase(mariaDb));
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-bench-'));
  const alone = [{ database: 'SQLite', ...(await measureAlone({ DATABASE_URL: `sqlite:${folder}/alone.db` })) }];
  rmSync(folder, { recursive: true });
  if (mariaDb) alone.push({ database: 'MariaDB', ...(await measureAlone(await createDatabase(mariaDb))) });
  report.table(
    `The same by itself: processor time of the process, ${CLIENTS} clients, ${TOKENS_A_FLUSH} tokens a flush, medians of ${FLUSHES}`,
    alone,
  );
  report.close();
}

async function compare(report: Report, database: string, settings: () => Promise<Record<string, string>>): Promise<void> {
  const subjects: TokenTarget[] = [];
  for (const [name, script] of SCRIPTS) {
    subjects.push(await registered(await start(name, script, { env: await settings(), path: '/health/ready' })));
  }
  const results = await inTurns(subjects, COURSE);
  const rows = results.map((result) => toRow(result, 'without'));
  report.table(`${database}, recording the use of secrets: ${COURSE.rounds} rounds of ${COURSE.seconds} s in turns`, rows, results);
  await Promise.all(subjects.map((subject) => subject.stop()));
}

/** As far as a client is made in it. */
interface Change {
  manager: { query(sql: string, parameters: unknown[]): Promise<{ id: string }[]> };
}

/** The same work by itself, without the noise of the rest: in this process, on a database of its own. */
async function measureAlone(env: Record<string, string>): Promise<object> {
  const { changes, clients, secrets, database, home } = await openBuilt(env);
  const { ClientUseService } = await loadBuilt('clients/use/client-use.service.js');
  const { ClientAuthMethod, SenderConstraint } = await loadBuilt('clients/client.entity.js');
  const { makeSecret } = await loadBuilt('clients/secret.js');
  const { systemCaller } = await loadBuilt('tenants/caller.js');
  const uses: { clientRowId: string; secretId: string; ip: string }[] = [];
  const values = {
    name: 'Bench',
    accessTokenLifetime: 60,
    scopes: [],
    audiences: ['urn:x'],
    authMethod: ClientAuthMethod.SECRET,
    jwks: null,
    jwksUri: null,
    tlsClientAuth: null,
    senderConstraint: SenderConstraint.NONE,
  };
  for (let index = 0; index < CLIENTS; index += 1) {
    const make = async (change: Change) => {
      const { manager } = change;
      const client = await clients.insert(change, { ...values, clientId: `alone-${index}` });
      await secrets.insert(manager, client, { secret: makeSecret(), hint: 'x' });
      const [row] = await manager.query('SELECT id FROM client_secrets WHERE client_row_id = ?', [client.id]);
      uses.push({ clientRowId: client.id, secretId: row?.id as string, ip: '192.0.2.1' });
    };
    await changes.perform(systemCaller(home, 'bench'), make, { isPart: true });
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
