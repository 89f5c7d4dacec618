import { readFileSync } from 'node:fs';
import { until } from '../../../testbed/process.js';
import { startLoad } from '../support/load.js';
import { connectRaw, type RawClient } from '../support/raw-clients.js';
import { measured, rounds, type Subject, startSubject } from '../support/subject.js';

const AT_ONCE = 250;
const SILENT_WITHIN_MS = 10_000 + 5_000 + 15_000;
const KEPT_WITHIN_MS = 65_000 + 5_000 + 15_000;
/** More than Node would let wait, and less than Linux does. */
const AWAY = 2_000;
/** Of memory, for all of them together. */
const MOST_MEGABYTES = 400;

let subject: Subject;
beforeEach(async () => {
  subject = await startSubject();
});
afterEach(() => subject.remove());

const megabytes = () =>
  Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${subject.server.child.pid}/status`, 'utf8'))?.[1]) / 1024);

async function open(count: number, text?: string): Promise<RawClient[]> {
  const clients: RawClient[] = [];
  while (clients.length < count) {
    const some = Array.from({ length: Math.min(AT_ONCE, count - clients.length) }, () => connectRaw(subject.server.port, text));
    clients.push(...(await Promise.all(some)));
  }
  return clients;
}

it('ten thousand idle connections: the server goes on serving, in bounded memory, and lets them go', async () => {
  // Those that were answered are kept for over a minute, which not everybody can wait for.
  const kept = process.env.CI === 'true' ? 0 : rounds(5_000, 0);
  const silent = rounds(5_000, 1_000);
  const { ledger, issuer } = subject;
  const load = await startLoad(ledger, { writers: 2, takers: 4 });
  const before = megabytes();
  const keptClients = await open(kept, `GET /health/live HTTP/1.1\r\nHost: ${new URL(issuer).host}\r\n\r\n`);
  const silentClients = await open(silent);
  await until(() => keptClients.every(({ answer }) => answer().startsWith('HTTP/1.1 200')));
  const most = megabytes();
  const since = performance.now();
  await until(() => ledger.tally('tokens', since).acknowledged > 100 && ledger.tally('writes', since).acknowledged > 5);
  const longest = async (clients: RawClient[]) => Math.round(Math.max(0, ...(await Promise.all(clients.map(({ closed }) => closed)))));
  const silentMs = await longest(silentClients);
  const keptMs = await longest(keptClients);
  await load.stop();
  const tokens = ledger.tally('tokens');
  measured('idle connections', { kept, silent, megabytes: { before, most, after: megabytes() }, silentMs, keptMs, tokens });
  expect(most - before).toBeLessThan(MOST_MEGABYTES);
  expect(silentMs).toBeLessThan(SILENT_WITHIN_MS);
  expect(keptMs).toBeLessThan(KEPT_WITHIN_MS);
  expect([ledger.tally('writes').failures, tokens.failures]).toEqual([{}, {}]);
});

it('as many connections as come while it does nothing: all are taken at once, and answered, when it goes on', async () => {
  const { server, issuer } = subject;
  server.child.kill('SIGSTOP');
  const text = `GET /health/live HTTP/1.1\r\nHost: ${new URL(issuer).host}\r\nConnection: close\r\n\r\n`;
  // Whoever finds no room hears nothing until they have tried again, a second later.
  const clients = await Promise.all(Array.from({ length: AWAY }, () => connectRaw(server.port, text)));
  server.child.kill('SIGCONT');
  await Promise.all(clients.map(({ closed }) => closed));
  expect(clients.filter(({ answer }) => answer().startsWith('HTTP/1.1 200'))).toHaveLength(AWAY);
});
