import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mysql from 'mysql2/promise';
import { createMariaDb, hasMariaDb, type PrivateMariaDb } from '../../testbed/mariadb.js';
import { startProcess } from '../../testbed/process.js';

/** These give a server another name, so they need one of their own; where only a remote one is given they are skipped. */
const eachWithOwnServer = hasMariaDb() ? it.each : it.skip.each;

/** As they name themselves, and how that is told. What says that it is MySQL has to know what MySQL knows. */
const ENGINES: [string, string][] = [
  ['8.0.11-TiDB-v8.5.0', 'TiDB, 8.0.11-TiDB-v8.5.0'],
  ['8.0.30-Vitess', 'Vitess, 8.0.30-Vitess'],
  ['5.7.25-OceanBase_CE-v4.3.5', 'OceanBase, 5.7.25-OceanBase_CE-v4.3.5'],
  ['8.0.30-MatrixOne-v2.1.0', 'MatrixOne, 8.0.30-MatrixOne-v2.1.0'],
  ['8.4.2-greptimedb-0.14.0', 'greptime, 8.4.2-greptimedb-0.14.0'],
  ['8.4.3-Novelty-v1', '8.4.3-Novelty-v1'],
  ['8.4.3', '8.4.3'],
  ['5.7.44-log', 'MySQL 5.7.44, which is too old'],
  ['8.0.16', 'MySQL 8.0.16, which is too old'],
  ['10.6.20-MariaDB', 'MariaDB 10.6.20, which is too old'],
];

let mariaDb: PrivateMariaDb;
let folder: string;

beforeAll(async () => {
  if (!hasMariaDb()) return;
  mariaDb = await createMariaDb();
  folder = mkdtempSync(join(tmpdir(), 'latchkey-engines-'));
  const connection = await mysql.createConnection(mariaDb.url);
  await connection.query('CREATE DATABASE other');
  await connection.end();
});
afterAll(async () => {
  await mariaDb?.remove();
  if (folder) rmSync(folder, { recursive: true });
});

eachWithOwnServer(ENGINES)(
  '%s is refused in a sentence, by the server and by every command, and nothing is made',
  async (version, told) => {
    await mariaDb.stop();
    await mariaDb.start(`--version=${version}`);
    const programs = [['start'], ['admin:reset'], ['backup', join(folder, 'copy')]];
    const ends = await Promise.all(
      programs.map(async ([script = '', ...args]) => {
        const program = await startProcess({ url: `${mariaDb.url}/other`, folder }, { LOG_LEVEL: 'fatal' }, script, ...args);
        return { code: await program.exit, output: program.output().trim() };
      }),
    );
    for (const { code, output } of ends) {
      expect(output.split('\n')).toHaveLength(1);
      expect(output).toContain(`The database is ${told}`);
      expect(output).toContain('MariaDB 10.11 or later');
      expect(code).toBe(1);
    }
    const connection = await mysql.createConnection(`${mariaDb.url}/other`);
    expect((await connection.query('SHOW TABLES'))[0]).toEqual([]);
    await connection.end();
  },
);

eachWithOwnServer([
  ['--read-only=1', 'read_only is ON'],
  ['--innodb-read-only=1', 'innodb_read_only is ON'],
  ['--innodb-force-recovery=5', 'innodb_force_recovery is 5'],
])('a server with %s is refused in a sentence', async (option, told) => {
  await mariaDb.stop();
  await mariaDb.start(option);
  const program = await startProcess({ url: `${mariaDb.url}/other`, folder }, { LOG_LEVEL: 'fatal' });
  expect(await program.exit).toBe(1);
  expect(program.output().trim().split('\n')).toHaveLength(1);
  expect(program.output()).toContain(`The database server only reads (${told})`);
});
