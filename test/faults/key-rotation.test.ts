import { setTimeout as sleep } from 'node:timers/promises';
import { createTestDatabase, type TestDatabase } from '../../testbed/database.js';
import { compare } from './support/comparison.js';
import { parse } from './support/ledger.js';
import { startLoad } from './support/load.js';
import { measured, rounds, type Subject, startSubject } from './support/subject.js';
import { beside } from './support/two-servers.js';

const EVERY_MS = 2_000;
const ROTATE = 'mutation { rotateSigningKey { kid state } }';

let subject: Subject;
let database: TestDatabase;
afterEach(async () => {
  await subject.remove();
  await database.remove();
});

it('signing keys that are replaced every two seconds while two servers issue: every token verifies', async () => {
  const times = rounds(10, 3);
  database = await createTestDatabase();
  subject = await startSubject({}, database);
  const ledger = await beside(subject);
  const load = await startLoad(ledger, { writers: 1, takers: 8 });
  const caller = ledger.caller();
  for (let time = 0; time < times; time += 1) {
    // A key that every API can know takes over at once; another would do so ten minutes later.
    await database.query(
      "UPDATE signing_keys SET created_at = '2020-01-01 00:00:00.000', usable_from = '2020-01-01 00:00:00.000' WHERE activates_at IS NULL",
    );
    expect(parse((await ledger.graphql(caller, ROTATE)).text).errors).toBeUndefined();
    await sleep(EVERY_MS);
  }
  caller.close();
  await load.stop();
  const kids = new Set(ledger.tokens.flatMap(({ token }) => (token ? [JSON.parse(atob(token.split('.')[0] as string)).kid] : [])));
  measured('rotateSigningKey every two seconds, two servers', { times, kids: kids.size, tokens: ledger.tally('tokens') });
  expect(kids.size).toBe(times + 1);
  expect(ledger.tally('tokens')).toMatchObject({ refused: 0, unknown: 0 });
  expect(await compare(ledger)).toEqual([]);
});
