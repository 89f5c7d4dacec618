import { setTimeout as sleep } from 'node:timers/promises';
import { usePrivateDatabase } from '../support/private-database.js';
import { lasting } from '../support/subject.js';
import { endure } from '../support/trouble.js';

const own = usePrivateDatabase();

/** Lets somebody else hold locks for a while. */
async function hold(lock: string, unlock: string): Promise<void> {
  const connection = await own.database.connect();
  await connection.query('START TRANSACTION');
  await connection.query(lock);
  await sleep(lasting(10_000));
  await connection.query(unlock);
  await connection.end();
}

it('rows that every write needs, held by somebody else: writes are refused in time, tokens are issued meanwhile', async () => {
  const { writes, tokens } = await endure(own.subject, 'the rows of the tenants held for a while', () =>
    hold('SELECT * FROM tenants FOR UPDATE', 'ROLLBACK'),
  );
  expect(writes.refused).toBeGreaterThan(0);
  expect(tokens.refused).toBe(0);
});

it('whole tables held by somebody else, so that every connection waits: everything is refused in time, and served afterwards', async () => {
  const { writes, tokens } = await endure(own.subject, 'tables locked for a while', () =>
    hold('LOCK TABLES clients WRITE, client_secrets WRITE, tenants WRITE', 'UNLOCK TABLES'),
  );
  expect(Math.min(writes.refused, tokens.refused)).toBeGreaterThan(0);
});
