import { setTimeout as sleep } from 'node:timers/promises';
import Sqlite from 'better-sqlite3';
import { lasting, type Subject, startSubject } from '../support/subject.js';
import { endure } from '../support/trouble.js';

let subject: Subject;
beforeEach(async () => {
  subject = await startSubject();
});
afterEach(() => subject.remove());

/** Lets another connection lock the file. */
const lock = (how: 'IMMEDIATE' | 'EXCLUSIVE', forMs: number) => async () => {
  const other = new Sqlite(subject.database.url.slice('sqlite:'.length));
  // Who is under way with a write has the lock for a moment.
  other.pragma('busy_timeout = 5000');
  other.exec(`BEGIN ${how}`);
  await sleep(forMs);
  other.exec('ROLLBACK');
  other.close();
};

it.each(['IMMEDIATE', 'EXCLUSIVE'] as const)(
  'BEGIN %s held by another process for a while: writes are refused in time, tokens are issued',
  async (how) => {
    const { writes, tokens } = await endure(subject, `SQLite locked with BEGIN ${how} for a while`, lock(how, lasting(10_000)));
    expect(writes.refused).toBeGreaterThan(0);
    expect(tokens.refused).toBe(0);
  },
);

it('locked for a second: who writes waits, and nobody is refused', async () => {
  const { writes, tokens } = await endure(subject, 'SQLite locked for a second', lock('IMMEDIATE', 1_000));
  expect([writes.refused, tokens.refused]).toEqual([0, 0]);
});
