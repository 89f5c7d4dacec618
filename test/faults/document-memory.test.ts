import { readAnswer } from '../support/answer.js';
import { Target } from '../support/storm/target.js';

const DOCUMENTS = 1_200;
const CHARACTERS = 95_000;
const MOST_BYTES = 24 * 1024 * 1024;

let target: Target;

beforeAll(async () => {
  target = await Target.start();
}, 60_000);
afterAll(() => target.stop());

/** Anybody may send it, without a token. */
async function send(index: number): Promise<number> {
  const query = `{ __typename } # ${index} ${'x'.repeat(CHARACTERS)}`;
  const headers = { 'content-type': 'application/json' };
  const { status } = await readAnswer(fetch(`${target.server.url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query }) }));
  return status;
}

it('does not hold on to the documents of whoever sends another one each time', async () => {
  for (let index = 0; index < 50; index += 1) await send(index);
  const before = await target.inspector.measure();
  for (let index = 0; index < DOCUMENTS; index += 1) expect(await send(50 + index)).toBe(200);
  const after = await target.inspector.measure();
  // Kept, they would be four times as much.
  expect(after.heap - before.heap).toBeLessThan(MOST_BYTES);
});
