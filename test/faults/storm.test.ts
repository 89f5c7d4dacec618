import fc from 'fast-check';
import { getToken } from '../../testbed/app.js';
import { contradictionsIn } from '../../testbed/storm/consistency.js';
import { frameInput } from '../../testbed/storm/frame-inputs.js';
import { graphqlInput } from '../../testbed/storm/graphql-inputs.js';
import type { Input } from '../../testbed/storm/input.js';
import { massInput } from '../../testbed/storm/masses.js';
import { oauthInput } from '../../testbed/storm/oauth-inputs.js';
import { routeInput } from '../../testbed/storm/route-inputs.js';
import { Target } from '../../testbed/storm/target.js';

/** `npm run storm` sets them; a failure names seed and path, with which that one input comes again. */
const { STORM_INPUTS, STORM_SEED, STORM_PATH, CI } = process.env;
const inputs = Number(STORM_INPUTS ?? (CI === 'true' ? 1_500 : 3_000));
/** A change is held against the same inputs as the one before it. */
const seed = Number(STORM_SEED ?? (CI === 'true' ? 77 : Date.now() % 1_000_000));
const FIFTHS = STORM_PATH ? 1 : 5;
/** So many send at once, each with a seed of its own. */
const LANES = STORM_PATH ? 1 : 8;
/** Inputs before the first that counts; also the seed of them. */
const WARM_UP = 300;
const ALLOWANCE = 12 * 1024 * 1024;
const WITHIN_MS = 300_000 + inputs * 100;

const anyInput: fc.Arbitrary<Input> = fc.oneof(
  { weight: 10, arbitrary: graphqlInput as fc.Arbitrary<Input> },
  { weight: 6, arbitrary: oauthInput },
  { weight: 3, arbitrary: frameInput },
  { weight: 3, arbitrary: routeInput },
  { weight: 3, arbitrary: massInput },
);

/** One input that comes again says nothing of memory, nor of what is usual. */
const itInFull = STORM_PATH ? it.skip : it;

let target: Target;

beforeAll(async () => {
  target = await Target.start();
  await target.warmUp(fc.sample(anyInput, { seed: WARM_UP, numRuns: WARM_UP }));
});
afterAll(async () => {
  process.stdout.write(`\nstorm with STORM_SEED=${seed}\n${target.tally}\n`);
  await target.stop();
});

/** All lanes side by side, each to its end. @throws {AggregateError} with the faults of all */
async function blow(fifth: number): Promise<void> {
  const lanes = Array.from({ length: LANES }, async (_, lane) => {
    const sender = target.sender(lane);
    const property = fc.asyncProperty(anyInput, (input) => target.judge(sender, input));
    const replay = STORM_PATH ? { path: STORM_PATH, seed, endOnFailure: true, numRuns: 1 } : { seed: seed * 1000 + fifth * LANES + lane };
    await fc
      .assert(property, { numRuns: Math.ceil(inputs / FIFTHS / LANES), ...replay, includeErrorInReport: true })
      .finally(() => sender.close());
  });
  const ends = await Promise.allSettled(lanes);
  const faults = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason] : []));
  if (faults.length > 0) throw new Error(faults.map(({ message }) => message).join('\n\n'));
}

it(
  'answers every input in time, without a fault of its own, and shows nothing of its inside',
  async () => {
    for (let fifth = 0; fifth < FIFTHS; fifth += 1) {
      await blow(fifth);
      target.tally.holdings.push(await target.inspector.measure());
    }
  },
  WITHIN_MS,
);

itInFull('holds no more at the end than after the first fifth', () => {
  const [first, ...others] = target.tally.holdings;
  const last = others.at(-1);
  // What is kept on purpose (documents, failures of a minute, tenants in use) is bounded, and may not be full after a fifth.
  expect(last?.heap).toBeLessThan((first?.heap ?? 0) * 1.25 + ALLOWANCE);
  // The heap is fragmented and grows in steps.
  expect(last?.resident).toBeLessThan((first?.resident ?? 0) * 1.25 + 4 * ALLOWANCE);
});

it('logs no error', () => {
  const lines = target.server.output().match(/^\{"level":"(error|fatal)".*$/gm) ?? [];
  const faults = lines.map((line) => JSON.parse(line)).map(({ msg, err }) => `${msg}: ${err?.stack?.slice(0, 600)}`);
  expect([...new Set(faults)]).toEqual([]);
});

itInFull('logs no secret', () => {
  // The first line shows one on purpose, and is no line of the log.
  const lines = target.server.output().match(/^\{.*$/gm) ?? [];
  const found = lines.join('\n').match(/lk_[0-9A-Za-z]{49}/g) ?? [];
  expect(lines.length).toBeGreaterThan(target.tally.inputs / 2);
  expect(found.filter((secret) => target.actors.secrets.has(secret))).toEqual([]);
});

it('still issues a valid token and lists clients', async () => {
  await target.renew();
  const { values } = target.actors;
  expect(await getToken(target.server, { clientId: 'reader', secret: values.readerSecret as string })).toMatch(/^eyJ/);
  const { body } = await target.actors.administer('{ clients { nodes { clientId secrets { id } } totalCount } }');
  expect(body.data.clients.totalCount).toBeGreaterThanOrEqual(5);
});

itInFull('leaves a database in which all is true together', async () => {
  expect(await contradictionsIn(target.database)).toEqual([]);
  const done = await target.database.query('SELECT action, COUNT(*) AS times FROM audit_events GROUP BY action');
  target.tally.done = Object.fromEntries(done.map(({ action, times }) => [action, times]));
  // A storm of which nothing ever succeeds has tried little.
  expect(done.length).toBeGreaterThan(8);
});
