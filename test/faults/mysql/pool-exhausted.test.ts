import { setTimeout as sleep } from 'node:timers/promises';
import { createPrivateDatabase, type PrivateDatabase } from '../support/private-database.js';
import { lasting, type Subject, startSubject } from '../support/subject.js';
import { endure } from '../support/trouble.js';

let database: PrivateDatabase;
let subject: Subject;
beforeEach(async () => {
  database = await createPrivateDatabase();
  subject = await startSubject({}, database);
}, 60_000);
afterEach(async () => {
  await subject.remove();
  await database.remove();
});

/** Lets somebody else hold locks for a while. */
async function hold(lock: string, unlock: string): Promise<void> {
  const connection = await database.connect();
  await connection.query('START TRANSACTION');
  await connection.query(lock);
  await sleep(lasting(10_000));
  await connection.query(unlock);
  await connection.end();
}

it('rows that every write needs, held by somebody else: writes are refused in time, tokens are issued meanwhile', async () => {
  const { writes, tokens } = await endure(subject, 'the rows of the tenants held for a while', () =>
    hold('SELECT * FROM tenants FOR UPDATE', 'ROLLBACK'),
  );
  expect(writes.refused).toBeGreaterThan(0);
  expect(tokens.refused).toBe(0);
}, 120_000);

it('whole tables held by somebody else, so that every connection waits: everything is refused in time, and served afterwards', async () => {
  const { writes, tokens } = await endure(subject, 'tables locked for a while', () =>
    hold('LOCK TABLES clients WRITE, client_secrets WRITE, tenants WRITE', 'UNLOCK TABLES'),
  );
  expect(Math.min(writes.refused, tokens.refused)).toBeGreaterThan(0);
}, 120_000);
