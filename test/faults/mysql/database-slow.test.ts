import { setTimeout as sleep } from 'node:timers/promises';
import { createPrivateDatabase, type PrivateDatabase } from '../support/private-database.js';
import { type SlowProxy, startSlowProxy } from '../support/slow-proxy.js';
import { lasting, type Subject, startSubject } from '../support/subject.js';
import { endure } from '../support/trouble.js';

let database: PrivateDatabase;
let proxy: SlowProxy;
let subject: Subject;
beforeEach(async () => {
  database = await createPrivateDatabase();
  proxy = await startSlowProxy(database.server.port);
  const url = database.url.replace(`:${database.server.port}`, `:${proxy.port}`);
  subject = await startSubject({}, { url, folder: database.folder });
});
afterEach(async () => {
  await subject.remove();
  await proxy.close();
  await database.remove();
});

/** Lets every answer of the database take longer for a while. */
const slowDown = (delayMs: number, forMs: number) => async () => {
  proxy.delayMs = delayMs;
  await sleep(forMs);
  proxy.delayMs = 0;
};

it('MariaDB whose every answer takes 20 ms more: slower, and nobody is refused', async () => {
  const { writes, tokens } = await endure(subject, 'every answer of MariaDB 20 ms late', slowDown(20, lasting(6_000, 3_000)));
  expect([writes.refused, tokens.refused]).toEqual([0, 0]);
});

it('MariaDB whose every answer takes three seconds: answered or refused in time', async () => {
  const { tokens } = await endure(subject, 'every answer of MariaDB three seconds late', slowDown(3_000, lasting(10_000)));
  expect(tokens.refused).toBeGreaterThan(0);
});
