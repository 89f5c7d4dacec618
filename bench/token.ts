import autocannon from 'autocannon';
import type { PrivateMariaDb } from '../test/support/mariadb.ts';
import { createBenchClient, median } from './client.ts';
import { SECRET, type Subject, start, startLatchkey } from './subject.ts';

const ROUNDS = 5;
const SECONDS = 5;
const CONNECTIONS = 32;
/** Each connection speaks for several clients in turn. */
const CLIENTS_PER_CONNECTION = 16;
const CLIENTS = CONNECTIONS * CLIENTS_PER_CONNECTION;

const REQUEST: autocannon.Request = {
  method: 'POST',
  path: '/connect/token',
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
  body: 'grant_type=client_credentials',
};

/** What one turn of load came to. */
export interface Round {
  perSecond: number;
  p99: number;
  processorMicroseconds: number;
}

/** Tokens a second: ours on each database beside a bare oidc-provider, loaded in turns by the same generator. */
export async function benchTokens(mariaDb: PrivateMariaDb | undefined): Promise<void> {
  const subjects = [
    await start('bare oidc-provider, in memory', 'bench/bare-provider.ts', { path: '/.well-known/openid-configuration' }),
    await startLatchkey('Latchkey, SQLite'),
  ];
  if (mariaDb)
    subjects.push(
      await startLatchkey('Latchkey, MariaDB', {
        DATABASE_URL: `${mariaDb.url}/token`,
        ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64'),
      }),
    );
  const rounds = await loadInTurns(subjects, ROUNDS, SECONDS);
  report(rounds);
  await Promise.all(subjects.map((subject) => subject.stop()));
}

/** Loads one subject after the other, forth and back, again and again, once each is warm. */
export async function loadInTurns(subjects: readonly Subject[], count: number, seconds: number): Promise<Map<Subject, Round[]>> {
  const headers = new Map<Subject, string[]>();
  for (const subject of subjects) headers.set(subject, await createHeaders(subject));
  const load = (subject: Subject, duration: number) => runLoad(subject, headers.get(subject) ?? [], duration);
  for (const subject of subjects) await load(subject, 3);
  const rounds = new Map<Subject, Round[]>(subjects.map((subject) => [subject, []]));
  for (let round = 0; round < count; round += 1) {
    const inOrder = round % 2 ? subjects.toReversed() : subjects;
    for (const subject of inOrder) rounds.get(subject)?.push(await load(subject, seconds));
  }
  return rounds;
}

/** The Basic header of every client; the bare provider has them all from the start, with one secret. */
async function createHeaders(subject: Subject): Promise<string[]> {
  const headers: string[] = [];
  for (let index = 0; index < CLIENTS; index += 1) {
    const clientId = `bench-${index}`;
    const secret = subject.name.startsWith('bare') ? SECRET : await createBenchClient(subject, clientId);
    headers.push(`Basic ${btoa(`${clientId}:${secret}`)}`);
  }
  return headers;
}

async function runLoad(subject: Subject, headers: readonly string[], duration: number): Promise<Round> {
  const before = subject.processorSeconds();
  let connected = 0;
  const result = await autocannon({
    url: `${subject.url}/connect/token`,
    method: 'POST',
    connections: CONNECTIONS,
    duration,
    setupClient: (connection) => {
      const start = (connected++ % CONNECTIONS) * CLIENTS_PER_CONNECTION;
      const own = headers.slice(start, start + CLIENTS_PER_CONNECTION);
      connection.setRequests(own.map((authorization) => ({ ...REQUEST, headers: { ...REQUEST.headers, authorization } })));
    },
  });
  if (result.non2xx || result.errors) throw new Error(`${subject.name}: ${result.non2xx} refused, ${result.errors} failed`);
  const processorMicroseconds = ((subject.processorSeconds() - before) / result['2xx']) * 1e6;
  return { perSecond: result['2xx'] / result.duration, p99: result.latency.p99, processorMicroseconds };
}

function report(rounds: ReadonlyMap<Subject, Round[]>): void {
  const [bare] = rounds.values();
  const rows = [...rounds].map(([{ name }, own]) => {
    const of = (figure: keyof Round) => median(own.map((round) => round[figure]));
    const ratio = median(own.map((round, index) => round.perSecond / (bare?.[index]?.perSecond ?? Number.NaN)));
    return {
      subject: name,
      'tokens/s': Math.round(of('perSecond')),
      spread: `${Math.round(Math.min(...own.map((r) => r.perSecond)))} to ${Math.round(Math.max(...own.map((r) => r.perSecond)))}`,
      'p99 ms': of('p99'),
      'processor µs/token': Math.round(of('processorMicroseconds')),
      'of bare': ratio.toFixed(2),
    };
  });
  console.log(`\nTokens a second: ${ROUNDS} rounds of ${SECONDS} s in turns, ${CONNECTIONS} connections, ${CLIENTS} clients, medians`);
  console.table(rows);
}
