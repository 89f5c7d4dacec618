// npm run bench -- and the names of some benches; all of them without. What is measured stands in bench/README.md.
import { tmpdir } from 'node:os';
import mysql from 'mysql2/promise';
import { createMariaDb, hasMariaDb, type PrivateMariaDb } from '../testbed/mariadb.ts';
import { benchAlike } from './alike.ts';
import { benchConsole } from './console.ts';
import { benchFederated } from './federated.ts';
import { benchGraphql } from './graphql.ts';
import { benchGuard } from './guard.ts';
import { benchIntrospection } from './introspect.ts';
import { benchMemory } from './memory.ts';
import { benchScale } from './scale.ts';
import { benchSigning } from './signing.ts';
import { benchStart } from './start.ts';
import { benchTenants } from './tenants.ts';
import { benchTokens } from './token.ts';
import { benchUse } from './use.ts';
import { benchWorkers } from './workers.ts';

const BENCHES: Record<string, (mariaDb: PrivateMariaDb | undefined) => Promise<void>> = {
  token: benchTokens,
  graphql: benchGraphql,
  introspect: benchIntrospection,
  federated: benchFederated,
  signing: benchSigning,
  workers: benchWorkers,
  memory: benchMemory,
  scale: benchScale,
  guard: benchGuard,
  console: benchConsole,
  start: benchStart,
  alike: benchAlike,
  use: benchUse,
  tenants: benchTenants,
};

/** Those that ask no database but SQLite. */
const WITHOUT_MARIADB = new Set(['guard', 'signing', 'start']);

const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(BENCHES);
const unknown = names.find((name) => !(name in BENCHES));
if (unknown) throw new Error(`There is no bench "${unknown}"; there are ${Object.keys(BENCHES).join(', ')}.`);

const wantsMariaDb = names.some((name) => !WITHOUT_MARIADB.has(name));
const mariaDb = wantsMariaDb && hasMariaDb() ? await createMariaDb(tmpdir()) : undefined;
if (wantsMariaDb && !mariaDb) console.log('MariaDB is not installed: its part is left out.');
try {
  for (const name of names) {
    await createDatabase(name);
    await BENCHES[name]?.(mariaDb);
  }
} finally {
  await mariaDb?.remove();
}

async function createDatabase(name: string): Promise<void> {
  if (!mariaDb) return;
  const connection = await mysql.createConnection(mariaDb.url);
  await connection.query(`CREATE DATABASE \`${name}\``);
  await connection.end();
}
