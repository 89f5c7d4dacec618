import type { GaleraNode } from '../../../testbed/galera-node.js';
import { expectEqualNodes, itWithCluster, type Outcome, tell, underLoad, useCluster } from './trouble.js';

/** For how long writes may be refused, and no token be had, when the node that everybody uses goes. */
const REFUSAL_MS = 4_000;
const INTERRUPTION_MS = 3_000;

const cluster = useCluster();

/** Sends a node a signal that it cannot answer, and waits until the others have left it out. */
async function lose(victim: GaleraNode, signal: 'SIGKILL' | 'SIGSTOP'): Promise<void> {
  await victim.signal(signal);
  await cluster().noticed(cluster().nodes.filter((node) => node !== victim));
}

/** Whether requests failed or waited is the same to whoever sent them. */
function expectInTime({ writes, tokens }: Outcome): void {
  expect(Math.max(writes.interruptionMs, writes.gapMs)).toBeLessThanOrEqual(REFUSAL_MS);
  expect(Math.max(tokens.interruptionMs, tokens.gapMs)).toBeLessThanOrEqual(INTERRUPTION_MS);
}

itWithCluster('loses no acknowledged write when the node that is written to is killed, and serves again in time', async () => {
  const victim = await cluster().writer();
  const outcome = await underLoad(cluster(), () => lose(victim, 'SIGKILL'));
  tell('kill -9 of the written node', outcome);
  expectInTime(outcome);
  await victim.start();
  await expectEqualNodes(cluster());
});

itWithCluster('loses no acknowledged write when the node that is written to freezes, nor when it thaws', async () => {
  const victim = await cluster().writer();
  const outcome = await underLoad(cluster(), () => lose(victim, 'SIGSTOP'));
  tell('kill -STOP of the written node', outcome);
  const thaw = await underLoad(cluster(), async () => {
    await victim.signal('SIGCONT');
    await cluster().whole();
  });
  tell('kill -CONT of it', thaw);
  // Now and then the nodes need five seconds to agree that it is back, and none serves meanwhile: that is said, and nothing else.
  const reasons = [...Object.keys(thaw.writes.failures), ...Object.keys(thaw.tokens.failures)];
  expect(['503 DATABASE_UNAVAILABLE', '503 temporarily_unavailable']).toEqual(expect.arrayContaining(reasons));
  expectInTime(outcome);
  await expectEqualNodes(cluster());
});

itWithCluster('refuses nothing when a node that nobody uses is killed', async () => {
  const writer = await cluster().writer();
  const victim = cluster().nodes.find((node) => node !== writer) as GaleraNode;
  const outcome = await underLoad(cluster(), () => lose(victim, 'SIGKILL'));
  tell('kill -9 of another node', outcome);
  expect([outcome.writes.failures, outcome.tokens.failures]).toEqual([{}, {}]);
  expectInTime(outcome);
  await victim.start();
  await expectEqualNodes(cluster());
});

itWithCluster('loses and refuses nothing when one node after another is stopped and started again', async () => {
  const outcome = await underLoad(cluster(), async () => {
    for (const node of cluster().nodes) {
      await node.signal('SIGTERM');
      await node.start();
    }
  });
  tell('each node stopped and started in turn', outcome);
  // How long a node takes to stop is its own affair; whoever asks meanwhile waits for the next.
  expect([outcome.writes.failures, outcome.tokens.failures]).toEqual([{}, {}]);
  await expectEqualNodes(cluster());
});
