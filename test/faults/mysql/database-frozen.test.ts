import { setTimeout as sleep } from 'node:timers/promises';
import { usePrivateDatabase } from '../support/private-database.js';
import { lasting } from '../support/subject.js';
import { endure } from '../support/trouble.js';

const PULSES = 8;

const own = usePrivateDatabase();

it('MariaDB frozen for a while, with every connection open: refused in time, and served again when it goes on', async () => {
  const { ready, tokens } = await endure(own.subject, 'MariaDB frozen for a while', async () => {
    process.kill(own.database.server.pid, 'SIGSTOP');
    await sleep(lasting(10_000));
    process.kill(own.database.server.pid, 'SIGCONT');
  });
  expect(Object.keys(ready.statuses)).toEqual(['200', '503']);
  expect(tokens.refused).toBeGreaterThan(0);
});

it('MariaDB frozen for half a second again and again: nobody is refused', async () => {
  const { writes, tokens } = await endure(own.subject, 'MariaDB in pulses of half a second', async () => {
    for (let pulse = 0; pulse < PULSES; pulse += 1) {
      process.kill(own.database.server.pid, 'SIGSTOP');
      await sleep(500);
      process.kill(own.database.server.pid, 'SIGCONT');
      await sleep(300);
    }
  });
  expect([writes.refused, tokens.refused]).toEqual([0, 0]);
});
