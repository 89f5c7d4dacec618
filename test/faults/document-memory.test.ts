import { readAnswer } from '../../testbed/answer.js';
import { Target } from '../../testbed/storm/target.js';

const DOCUMENTS = 1_200;
const CHARACTERS = 95_000;
const MOST_BYTES = 24 * 1024 * 1024;

let target: Target;

beforeAll(async () => {
  target = await Target.start();
});
afterAll(() => target.stop());

/** Documents that anybody may send, without a token: long ones that say little, and short ones of many tokens. */
const KINDS: [name: string, make: (index: number) => string][] = [
  ['long', (index) => `{ __typename } # ${index} ${'x'.repeat(CHARACTERS)}`],
  ['dense', (index) => `{${'...F'.repeat(200)}}fragment F on Query{__typename}#${index}`],
];

async function send(query: string): Promise<number> {
  const headers = { 'content-type': 'application/json' };
  const { status } = await readAnswer(fetch(`${target.server.url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query }) }));
  return status;
}

it.each(KINDS)('does not hold on to the %s documents of whoever sends another one each time', async (_name, make) => {
  for (let index = 0; index < 50; index += 1) await send(make(index));
  const before = await target.inspector.measure();
  for (let index = 0; index < DOCUMENTS; index += 1) expect(await send(make(50 + index))).toBe(200);
  const after = await target.inspector.measure();
  // Kept, they would be four times as much.
  expect(after.heap - before.heap).toBeLessThan(MOST_BYTES);
});
