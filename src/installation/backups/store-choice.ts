import type { DatabaseSettings, MysqlSettings } from '../../platform/database/url.js';
import { MysqlStore } from './mysql-store.js';
import { SqliteStore } from './sqlite-store.js';
import type { Store } from './store.js';

/**
 * The database that the settings name; nothing is opened yet.
 * @param signal ends what waits for it
 * @param serving the settings by which servers come to it
 */
export function createStore(settings: DatabaseSettings, signal: AbortSignal, serving = settings): Store {
  return settings.type === 'sqlite' ? new SqliteStore(settings.path) : new MysqlStore(settings, signal, serving as MysqlSettings);
}
