import type Sqlite from 'better-sqlite3';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { MysqlServer } from '../platform/database/mysql-server.js';
import { BUSY_TIMEOUT_MS } from '../platform/database/sqlite-engine.js';
import { keepPrepared } from '../platform/database/sqlite-statements.js';
import type { DatabaseSettings } from '../platform/database/url.js';
import { Initial1763856000000 } from './migrations/1763856000000-initial.js';
import { LifeOfSecrets1763942400000 } from './migrations/1763942400000-life-of-secrets.js';
import { TenantsAndRecord1764028800000 } from './migrations/1764028800000-tenants-and-record.js';
import { ClientTable1764115200000 } from './migrations/1764115200000-client-table.js';
import { ClientSearch1764201600000 } from './migrations/1764201600000-client-search.js';
import { Changes1764288000000 } from './migrations/1764288000000-changes.js';
import { AccessTokenType1764374400000 } from './migrations/1764374400000-access-token-type.js';
import { SearchedLetters1764460800000 } from './migrations/1764460800000-searched-letters.js';
import { ShortWays1764547200000 } from './migrations/1764547200000-short-ways.js';
import { Federation1764633600000 } from './migrations/1764633600000-federation.js';
import { ENTITIES } from './rooms.js';

/** Those of each number of clients that are looked for at once are nearly a hundred. */
const STATEMENTS_KEPT = 300;

const shared = {
  entities: ENTITIES,
  migrations: [
    Initial1763856000000,
    LifeOfSecrets1763942400000,
    TenantsAndRecord1764028800000,
    ClientTable1764115200000,
    ClientSearch1764201600000,
    Changes1764288000000,
    AccessTokenType1764374400000,
    SearchedLetters1764460800000,
    ShortWays1764547200000,
    Federation1764633600000,
  ],
  migrationsTransactionMode: 'each' as const,
  logging: false,
};

/** The connection on which everything is written and migrated; not yet opened. */
export function createDataSource(settings: DatabaseSettings): DataSource {
  return settings.type === 'sqlite' ? new DataSource(sqlite(settings.path)) : createMysqlDataSource(new MysqlServer(settings));
}

/** The same on a MySQL or MariaDB server. Of how it is connected to TypeORM knows nothing: it has our connections, or none. */
export function createMysqlDataSource(server: MysqlServer): DataSource {
  const driver = { createPool: () => server.createPool() };
  return new DataSource({ ...shared, type: 'mysql', driver, database: server.settings.database, timezone: 'Z', charset: 'utf8mb4' });
}

/** SQLite's second connection, which sees only what is committed; not yet opened. */
export function createReader(settings: DatabaseSettings & { type: 'sqlite' }): DataSource {
  return new DataSource(sqlite(settings.path, 'query_only = ON'));
}

/** WAL lets reads run beside a write; FULL makes a commit survive the loss of power, which WAL's default does not. */
function sqlite(path: string, ...pragmas: string[]): DataSourceOptions {
  return {
    ...shared,
    type: 'better-sqlite3',
    database: path,
    statementCacheSize: STATEMENTS_KEPT,
    prepareDatabase: (connection: Sqlite.Database) => {
      for (const pragma of ['journal_mode = WAL', 'synchronous = FULL', `busy_timeout = ${BUSY_TIMEOUT_MS}`, ...pragmas])
        connection.pragma(pragma);
      keepPrepared(connection);
    },
  };
}
