import type { DatabaseSettings } from '../platform/database-url.js';
import { MysqlStore } from './mysql-store.js';
import { SqliteStore } from './sqlite-store.js';
import type { Store } from './store.js';

/** The database that the settings name; nothing is opened yet. @param signal ends what waits for it */
export function createStore(settings: DatabaseSettings, signal: AbortSignal): Store {
  return settings.type === 'sqlite' ? new SqliteStore(settings.path) : new MysqlStore(settings, signal);
}
