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

it('MariaDB killed -9 and started again at once: who asks waits, or is refused, and nothing acknowledged is lost', async () => {
  const { ready } = await endure(subject, 'MariaDB killed -9, started again', async () => {
    await database.server.stop('SIGKILL');
    await database.server.start();
  });
  expect(Object.keys(ready.statuses)).toContain('200');
}, 120_000);

it('MariaDB killed -9 and away for a while: everybody is refused with 503, and served again without a restart', async () => {
  const { ready, writes, tokens } = await endure(subject, 'MariaDB killed -9, away for a while', async () => {
    await database.server.stop('SIGKILL');
    await sleep(lasting(8_000));
    await database.server.start();
  });
  expect(Object.keys(ready.statuses)).toEqual(['200', '503']);
  expect(Math.min(writes.refused, tokens.refused)).toBeGreaterThan(0);
}, 120_000);
