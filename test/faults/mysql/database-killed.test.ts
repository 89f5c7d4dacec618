import { setTimeout as sleep } from 'node:timers/promises';
import { usePrivateDatabase } from '../support/private-database.js';
import { lasting } from '../support/subject.js';
import { endure } from '../support/trouble.js';

const own = usePrivateDatabase();

it('MariaDB killed -9 and started again at once: who asks waits, or is refused, and nothing acknowledged is lost', async () => {
  const { ready } = await endure(own.subject, 'MariaDB killed -9, started again', async () => {
    await own.database.server.stop('SIGKILL');
    await own.database.server.start();
  });
  expect(Object.keys(ready.statuses)).toContain('200');
});

it('MariaDB killed -9 and away for a while: everybody is refused with 503, and served again without a restart', async () => {
  const { ready, writes, tokens } = await endure(own.subject, 'MariaDB killed -9, away for a while', async () => {
    await own.database.server.stop('SIGKILL');
    await sleep(lasting(8_000));
    await own.database.server.start();
  });
  expect(Object.keys(ready.statuses)).toEqual(['200', '503']);
  expect(Math.min(writes.refused, tokens.refused)).toBeGreaterThan(0);
});
