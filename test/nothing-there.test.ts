import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createTestDatabase, kind, type TestDatabase } from '../testbed/database.js';
import { startProcess } from '../testbed/process.js';

let database: TestDatabase;

beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(() => database.remove());

/** The previous key of nothing. */
const ENCRYPTION_KEY_PREVIOUS = Buffer.alloc(32, 5).toString('base64');

it.each([['audit:verify'], ['encryption-key:change'], ['admin:reset'], ['admin:reset', 'acme.example.com']])(
  '%s says of a database without an installation that there is none, and makes none',
  async (script, ...args) => {
    for (const settings of [
      { ENCRYPTION_KEY_PREVIOUS },
      ...(kind === 'sqlite' ? [{ ENCRYPTION_KEY_PREVIOUS, DATABASE_URL: 'sqlite:none/x.db' }] : []),
    ]) {
      const command = await startProcess(database, settings, script as string, ...args);
      expect(await command.exit).toBe(1);
      expect(command.output()).toMatch(
        /^The database that DATABASE_URL names has no installation of this release: nothing was done\. [^\n]+\n$/,
      );
    }
    expect(existsSync(join(database.folder, 'none'))).toBe(false);
    if (kind === 'mysql') expect(await database.tables()).toEqual([]);
  },
);
