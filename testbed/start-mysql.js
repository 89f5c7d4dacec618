import { createMariaDb, hasMariaDb } from './mariadb.ts';

/**
 * Brings the server that the tests of the project `mysql` run on: the one in `DATABASE_URL` when it
 * names one (its user must be allowed to create databases), otherwise a private MariaDB.
 */
export default async function startMysql() {
  const given = process.env.DATABASE_URL ?? '';
  if (given.startsWith('mysql:')) {
    process.env.TEST_MYSQL_URL = given.slice(0, given.lastIndexOf('/'));
  } else if (hasMariaDb()) {
    globalThis.privateMariaDb = await createMariaDb();
    process.env.TEST_MYSQL_URL = globalThis.privateMariaDb.url;
  } else if (process.env.CI === 'true') {
    throw new Error('MariaDB is not installed: with CI=true its tests must run. Install mariadb-server.');
  } else {
    process.stderr.write('MariaDB is not installed: its tests are skipped. Install mariadb-server, or set DATABASE_URL=mysql://…\n');
  }
}
