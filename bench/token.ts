import type { PrivateMariaDb } from '../testbed/mariadb.ts';
import { GENERATOR, type Target } from './load.ts';
import { type Peer, startGlewlwyd, startHydra } from './peers.ts';
import { draw } from './plot.ts';
import { Report } from './report.ts';
import { startBare, startLimit, startOnMariaDb, startOnSqlite, type TokenTarget } from './targets.ts';
import { inTurns, type Result, toRow } from './turns.ts';

const ROUNDS = 7;
const SECONDS = 3;
const CONNECTIONS = 64;
const SWEEP = [1, 2, 4, 8, 16, 32, 64, 128, 256];
const SWEEP_COURSE = { rounds: 2, seconds: 2, warmUpSeconds: 1 };
const PEER_COURSE = { rounds: 5, seconds: 4, connections: CONNECTIONS };

/** Tokens a second: ours beside a bare oidc-provider, the limit, and the products that are installed. */
export async function benchTokens(mariaDb: PrivateMariaDb | undefined): Promise<void> {
  const report = new Report('token');
  const bare = await startBare();
  const limit = await startLimit();
  const ours = [await startOnSqlite(), ...(mariaDb ? [await startOnMariaDb(mariaDb)] : [])];
  const subjects = [bare, ...ours, limit];
  const sweep = await benchEach(report, subjects);
  await comparePeers(report, ours);
  await Promise.all(subjects.map((subject) => subject.stop()));
  report.picture(draw(plotsOf(sweep)));
  report.close();
}

async function benchEach(report: Report, subjects: readonly TokenTarget[]): Promise<Sweep> {
  const course = { rounds: ROUNDS, seconds: SECONDS, connections: CONNECTIONS };
  const title = `${ROUNDS} rounds of ${SECONDS} s in turns, ${GENERATOR}`;
  tabulate(report, `Tokens: ${title}, ${CONNECTIONS} connections`, await inTurns(subjects, course), 'bare');
  const byLimit = [...subjects].reverse();
  tabulate(report, `Beside the limit: ${title}, ${CONNECTIONS} connections`, await inTurns(byLimit, course), 'limit');
  const sweep: Sweep = [];
  for (const connections of SWEEP) sweep.push({ connections, results: await inTurns(subjects, { ...SWEEP_COURSE, connections }) });
  const rows = sweep.flatMap(({ connections, results }) => results.map((result) => ({ connections, ...toRow(result, 'bare') })));
  report.table(`From 1 to 256 connections: ${SWEEP_COURSE.rounds} rounds of ${SWEEP_COURSE.seconds} s in turns`, rows, sweep);
  return sweep;
}

/** Each beside ours, and one at a time: together they would not fit on the machine. */
async function comparePeers(report: Report, ours: readonly TokenTarget[]): Promise<void> {
  for (const [product, startPeer] of [
    ['glewlwyd', startGlewlwyd],
    ['Hydra', startHydra],
  ] as const) {
    const peer = await startPeer();
    if (!peer) {
      console.log(`\n${product} is not installed: its part is left out.`);
      continue;
    }
    const results = await inTurns([toTarget(peer), ...ours], PEER_COURSE);
    const title = `${PEER_COURSE.rounds} rounds of ${PEER_COURSE.seconds} s in turns, ${CONNECTIONS} connections`;
    tabulate(report, `Beside ${peer.name}: ${title}`, results, 'peer');
    await peer.stop();
  }
}

function toTarget({ name, tokenUrl, authorizations, body, pids }: Peer): Target {
  const { origin, pathname } = new URL(tokenUrl);
  const form = { method: 'POST', path: pathname, contentType: 'application/x-www-form-urlencoded', body } as const;
  return { name, url: origin, pids, requests: authorizations.map((authorization) => ({ ...form, authorization })) };
}

function tabulate(report: Report, title: string, results: readonly Result[], first: string): void {
  const rows = results.map((result) => toRow(result, first));
  report.table(title, rows, results);
}

type Sweep = { connections: number; results: Result[] }[];

function plotsOf(sweep: Sweep) {
  const names = sweep[0]?.results.map(({ name }) => name) ?? [];
  const lines = (figure: 'perSecond' | 'p99') =>
    names.map((name, index) => ({
      name,
      points: sweep.map(({ connections, results }) => ({ x: connections, y: results[index]?.[figure] ?? Number.NaN })),
    }));
  return [
    { title: 'Tokens a second', xTitle: 'connections', lines: lines('perSecond') },
    { title: 'p99, milliseconds', xTitle: 'connections', lines: lines('p99') },
  ];
}
