import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { readAnswer } from '../../../testbed/answer.js';
import type { Cluster } from '../../../testbed/cluster.js';
import type { GaleraNode } from '../../../testbed/galera-node.js';
import { answers, until } from '../../../testbed/process.js';
import { askForToken, type Ledger } from '../support/ledger.js';
import { expectEqualNodes, itWithCluster, type Outcome, report, tell, underLoad, useCluster } from './trouble.js';

const RECOVERY_MS = 240_000;

const cluster = useCluster();

async function killAll({ nodes }: Cluster): Promise<void> {
  await Promise.all(nodes.map((node) => node.signal('SIGKILL')));
}

/** While there is no database: who needs it is told when to ask again, everybody else is served. */
async function expectRefusals({ url, admin }: Cluster, ledger: Ledger): Promise<void> {
  const since = performance.now();
  const refusals = () => [...ledger.tokens, ...ledger.writes].filter(({ begin, outcome }) => begin > since && outcome === 'refused');
  await until(() => refusals().length > 30);
  const caller = ledger.caller();
  const refused = [
    await askForToken(caller, admin),
    await ledger.graphql(caller, '{ viewer { clientId } }'),
    await ledger.graphql(caller, 'mutation { deleteClient(clientId: "x") { clientId } }'),
  ];
  caller.close();
  for (const { status, headers } of refused) expect([status, headers['retry-after']]).toEqual([503, expect.stringMatching(/^\d+$/)]);
  expect(await answers(`${url}/health/live`, 200)).toBe(true);
  expect(await answers(`${url}/health/ready`, 503)).toBe(true);
  expect((await readAnswer(fetch(`${url}/.well-known/jwks.json`))).body.keys.length).toBeGreaterThan(0);
}

function expectPoliteRefusals({ ledger }: Outcome): void {
  const refused = [...ledger.tokens, ...ledger.writes].filter(({ outcome }) => outcome === 'refused');
  expect(refused.filter(({ status, retryAfter }) => (status !== 503 && status !== 502) || retryAfter === undefined)).toEqual([]);
}

itWithCluster(
  'loses no acknowledged write when all nodes are killed at once, and serves again when they are started',
  async () => {
    const pids = cluster().servers.map(({ child }) => child.pid);
    let startedAt = 0;
    const outcome = await underLoad(cluster(), async (ledger) => {
      await killAll(cluster());
      await expectRefusals(cluster(), ledger);
      startedAt = performance.now();
      await Promise.all(cluster().nodes.map((node) => node.start()));
      await cluster().ready();
      report(`all nodes started after kill -9 of all: serving after ${Math.round(performance.now() - startedAt)} ms`);
    });
    tell('kill -9 of all nodes', outcome);
    expectPoliteRefusals(outcome);
    expect(cluster().servers.map(({ child }) => (child.exitCode === null ? child.pid : undefined))).toEqual(pids);
    await expectEqualNodes(cluster());
  },
  RECOVERY_MS,
);

itWithCluster(
  'loses no acknowledged write when one of the killed nodes never comes back: the furthest of the others begins anew',
  async () => {
    const [lost, ...left] = cluster().nodes.toReversed() as [GaleraNode, GaleraNode, GaleraNode];
    const outcome = await underLoad(cluster(), async () => {
      await killAll(cluster());
      lost.loseData();
      const positions = left.map((node) => node.position());
      report(`last writes on disk after kill -9: ${positions.map(({ number }) => number).join(', ')}`);
      const furthest = left[Number((positions[1]?.number ?? 0) > (positions[0]?.number ?? 0))] as GaleraNode;
      furthest.bootstrap();
      await furthest.start();
      await Promise.all(left.filter((node) => node !== furthest).map((node) => node.start()));
      await lost.start();
      await cluster().ready();
    });
    tell('kill -9 of all nodes, one disk lost', outcome);
    expect(lost.log()).toMatch(/rsync SST completed on joiner/);
    await expectEqualNodes(cluster());
  },
  RECOVERY_MS,
);

itWithCluster('a node that died while it copied from another copies all of it anew', async () => {
  const victim = cluster().nodes.at(-1) as GaleraNode;
  await victim.signal('SIGTERM');
  // It does not know where it stands, so it has to copy although its tables are whole.
  rmSync(join(victim.data, 'grastate.dat'));
  let logged = victim.log().length;
  victim.launch();
  await until(() => victim.log().slice(logged).includes('rsync SST started on joiner'));
  await victim.end();
  logged = victim.log().length;
  await victim.start();
  expect(victim.log().slice(logged)).toMatch(/rsync SST completed on joiner/);
  await expectEqualNodes(cluster());
});

itWithCluster('loses no acknowledged write when HAProxy is killed and started again', async () => {
  const outcome = await underLoad(cluster(), async () => {
    await cluster().haproxy.stop('SIGKILL');
    await cluster().haproxy.start();
    await cluster().ready();
  });
  tell('kill -9 of HAProxy, started at once', outcome);
});

itWithCluster('refuses no token when a server is killed: the other carries on', async () => {
  const outcome = await underLoad(cluster(), async () => void (await cluster().servers[0]?.stop('SIGKILL')));
  tell('kill -9 of a server', outcome);
  expect(outcome.tokens.failures).toEqual({});
  // Whether a write was done that nobody answered only its sender can find out: it is not sent twice.
  expect(outcome.writes.refused + outcome.writes.unknown).toBeLessThanOrEqual(8);
  await cluster().startServer(0);
  await cluster().ready();
});
