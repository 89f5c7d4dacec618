import { createTestDatabase, TABLES, type TestDatabase } from '../../testbed/database.js';
import { startProcess, type TestProcess } from '../../testbed/process.js';

let database: TestDatabase;
let running: TestProcess | undefined;

beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(async () => {
  await running?.stop('SIGKILL');
  await database.remove();
});

async function start(): Promise<TestProcess> {
  running = await startProcess(database);
  await running.ready();
  return running;
}

const schemaOf = async () => {
  const tables = await Promise.all(TABLES.map((table) => database.query(`SHOW CREATE TABLE ${table}`)));
  // What the tables hold changes the number that is given next; an index that is made anew comes last.
  const lines = tables.flatMap(([table]) => String(table?.['Create Table']).split(/,?\n/).toSorted());
  return lines.join('\n').replace(/ AUTO_INCREMENT=\d+/g, '');
};

it('is finished by the next start, whatever was done of it', async () => {
  await (await start()).stop();
  const whole = await schemaOf();
  const done = await database.query('SELECT name FROM migrations ORDER BY id');
  for (const { name } of [...done].reverse()) {
    await database.query('DELETE FROM migrations WHERE name = ?', [name]);
    await (await start()).stop();
    expect(await schemaOf()).toBe(whole);
  }
  expect(await database.query('SELECT name FROM migrations ORDER BY id')).toHaveLength(done.length);
});

it('is finished when only its first half was done', async () => {
  await (await start()).stop();
  const whole = await schemaOf();
  await database.query("DELETE FROM migrations WHERE name LIKE 'ClientSearch%' OR name LIKE 'ClientTable%'");
  await database.query('DROP TABLE client_grams');
  await database.query('DROP INDEX client_secrets_by_end ON client_secrets');
  await (await start()).stop();
  expect(await schemaOf()).toBe(whole);
});
