import { until } from '../../testbed/process.js';
import type { Deed } from './support/client-state.js';
import { askForToken, type Ledger } from './support/ledger.js';
import { measured, rounds, type Subject, startSubject } from './support/subject.js';
import { beside } from './support/two-servers.js';

const TAKERS = 4;

let subject: Subject;
let ledger: Ledger;
beforeAll(async () => {
  subject = await startSubject();
  ledger = await beside(subject);
});
afterAll(() => subject.remove());

/** Cuts a client while both servers issue for it. @returns tokens before, and what was issued for requests sent after the answer */
async function cut(turn: number, how: (clientId: string) => Promise<number>): Promise<{ before: number; after: number; refused: number }> {
  const writer = ledger.caller({ start: turn });
  const clientId = ledger.newClientId();
  const { secret = '' } = await ledger.write(writer, clientId, { kind: 'createClient', name: 'Cut', lifetime: 600 });
  const counts = { before: 0, after: 0, refused: 0 };
  let answeredAt = Number.POSITIVE_INFINITY;
  let isOver = false;
  const take = async (_: unknown, index: number) => {
    const caller = ledger.caller({ start: index });
    while (!isOver) {
      const sentAt = performance.now();
      const { status } = await askForToken(caller, { clientId, secret });
      if (status === 200) counts[sentAt > answeredAt ? 'after' : 'before'] += 1;
      else counts.refused += 1;
    }
    caller.close();
  };
  const taking = Array.from({ length: TAKERS }, take);
  await until(() => counts.before > TAKERS);
  answeredAt = await how(clientId);
  const { refused } = counts;
  await until(() => counts.refused >= refused + 2 * TAKERS);
  isOver = true;
  await Promise.all(taking);
  writer.close();
  return counts;
}

const WAYS: [string, (clientId: string) => Promise<void>][] = [
  ['deleted', (clientId) => acknowledged(clientId, { kind: 'deleteClient' })],
  [
    'disabled',
    async (clientId) => {
      const caller = ledger.caller();
      const query = `mutation { updateClient(clientId: "${clientId}", input: { enabled: false }) { id } }`;
      expect((await ledger.graphql(caller, query)).text).toContain('"data"');
      caller.close();
    },
  ],
  ['left with another secret', (clientId) => acknowledged(clientId, { kind: 'rotateClientSecret', overlapSeconds: 0 })],
];

async function acknowledged(clientId: string, deed: Deed): Promise<void> {
  const caller = ledger.caller({ start: 1 });
  expect((await ledger.write(caller, clientId, deed)).outcome).toBe('acknowledged');
  caller.close();
}

it.each(WAYS)('promise 4: a client that is %s while two servers issue for it gets no token after the answer', async (way, end) => {
  const times = rounds(20, 3);
  const sum = { before: 0, after: 0, refused: 0 };
  for (let turn = 0; turn < times; turn += 1) {
    const counts = await cut(turn, async (clientId) => {
      await end(clientId);
      return performance.now();
    });
    for (const key of ['before', 'after', 'refused'] as const) sum[key] += counts[key];
  }
  measured(`a client ${way} while two servers issue for it`, { times, ...sum });
  expect(sum.after).toBe(0);
});
