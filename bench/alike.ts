import { createHash } from 'node:crypto';
import { Agent, type IncomingMessage, request } from 'node:http';
import { makeSecret } from '../src/clients/secret.ts';
import type { PrivateMariaDb } from '../testbed/mariadb.ts';
import { createBenchClient, median } from './client.ts';
import { type Subject, startLatchkey } from './subject.ts';

/** Samples of a series; each kind has two series. */
const SAMPLES = 2000;
const WARM_UP = 300;
const CLIENTS = 200;
const SPLITS = 1000;
/** Of the same-kind differences, this part on either side is left out of the range. */
const TAIL = 0.025;
const BODY = 'grant_type=client_credentials';
const VARYING_HEADERS = new Set(['date', 'x-request-id']);
const KINDS = ['unknown client', 'wrong secret'] as const;

type Kind = (typeof KINDS)[number];
/** The times of one kind, in microseconds: one pair a round. */
type Pairs = [number, number][];

interface Sample {
  microseconds: number;
  /** All of the answer that may not tell one kind from the other. */
  answer: string;
}

/** Whether a client id that does not exist and a wrong secret of one that does can be told apart by time, or by anything else. */
export async function benchAlike(mariaDb: PrivateMariaDb | undefined): Promise<void> {
  const rows = [await compareKinds(await startLatchkey('SQLite', { TRUST_PROXY: 'true' }))];
  if (mariaDb) {
    const env = { DATABASE_URL: `${mariaDb.url}/alike`, ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64') };
    rows.push(await compareKinds(await startLatchkey('MariaDB', { TRUST_PROXY: 'true', ...env })));
  }
  console.log(
    `\nAn unknown client and a wrong secret: two series of ${SAMPLES} each, interleaved at random on one connection, medians in µs`,
  );
  console.table(rows);
}

async function compareKinds(subject: Subject): Promise<Record<string, string>> {
  const ids = Array.from({ length: 2 * CLIENTS }, (_, index) => createHash('sha256').update(String(index)).digest('hex').slice(0, 12));
  const idsOf: Record<Kind, string[]> = { 'wrong secret': ids.slice(0, CLIENTS), 'unknown client': ids.slice(CLIENTS) };
  for (const clientId of idsOf['wrong secret']) await createBenchClient(subject, clientId);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  let sent = 0;
  const ask = (kind: Kind) => refuse(subject, agent, idsOf[kind][Math.floor(Math.random() * CLIENTS)] as string, sent++);
  for (let index = 0; index < WARM_UP; index += 1) for (const kind of KINDS) await ask(kind);
  const times: Record<Kind, Pairs> = { 'unknown client': [], 'wrong secret': [] };
  const answers = new Set<string>();
  for (let round = 0; round < SAMPLES; round += 1) {
    const samples: Record<Kind, Sample[]> = { 'unknown client': [], 'wrong secret': [] };
    for (const kind of shuffle([...KINDS, ...KINDS])) samples[kind].push(await ask(kind));
    for (const kind of KINDS) {
      times[kind].push(samples[kind].map(({ microseconds }) => microseconds) as [number, number]);
      for (const { answer } of samples[kind]) answers.add(answer);
    }
  }
  agent.destroy();
  await subject.stop();
  return { database: subject.name, ...judge(times), answers: answers.size === 1 ? 'the same bytes' : `${answers.size} kinds` };
}

/** Holds the difference of the kinds against those that two series of one kind show. */
function judge(times: Record<Kind, Pairs>): Record<string, string> {
  const [unknown, wrong] = KINDS.map((kind) => median(times[kind].flat())) as [number, number];
  const noise = KINDS.flatMap((kind) => Array.from({ length: SPLITS }, () => splitDifference(times[kind]))).sort((a, b) => a - b);
  const [low, high] = [TAIL, 1 - TAIL].map((part) => noise[Math.floor(part * noise.length)]) as [number, number];
  const difference = wrong - unknown;
  return {
    unknown: unknown.toFixed(1),
    wrong: wrong.toFixed(1),
    difference: difference.toFixed(1),
    'same kind, 95 %': `${low.toFixed(1)} to ${high.toFixed(1)}`,
    verdict: difference >= low && difference <= high ? 'alike' : 'differs',
  };
}

/** The difference of two series of one kind: each round gives one of its two samples to either, by chance. */
function splitDifference(pairs: Pairs): number {
  const firsts = new Float64Array(pairs.length);
  const seconds = new Float64Array(pairs.length);
  pairs.forEach(([one, other], index) => {
    const isSwapped = Math.random() < 0.5;
    firsts[index] = isSwapped ? other : one;
    seconds[index] = isSwapped ? one : other;
  });
  const [first, second] = [firsts, seconds].map((series) => series.sort()[series.length >> 1]) as [number, number];
  return first - second;
}

/** Sends a secret that can be one and is nobody's, from an address of its own: the throttle counts it and lets the next pass. */
async function refuse(subject: Subject, agent: Agent, clientId: string, index: number): Promise<Sample> {
  const headers = {
    authorization: `Basic ${btoa(`${clientId}:${makeSecret()}`)}`,
    'content-type': 'application/x-www-form-urlencoded',
    'content-length': BODY.length,
    'x-forwarded-for': `10.${100 + Math.floor(index / 10_000)}.${100 + Math.floor((index % 10_000) / 100)}.${100 + (index % 100)}`,
  };
  const began = performance.now();
  const response = await new Promise<IncomingMessage>((resolve, reject) =>
    request(`${subject.url}/connect/token`, { method: 'POST', agent, headers }, resolve).on('error', reject).end(BODY),
  );
  let body = '';
  for await (const chunk of response.setEncoding('utf8')) body += chunk;
  const microseconds = (performance.now() - began) * 1000;
  if (response.statusCode !== 401) throw new Error(`${subject.name} answered ${response.statusCode} instead of 401`);
  return { microseconds, answer: JSON.stringify([response.statusCode, headersOf(response), body]) };
}

function headersOf({ rawHeaders }: IncomingMessage): string[] {
  return rawHeaders.filter((_, index) => !VARYING_HEADERS.has((rawHeaders[index - (index % 2)] as string).toLowerCase()));
}

function shuffle<T>(values: T[]): T[] {
  for (let index = values.length - 1; index > 0; index -= 1) {
    const other = Math.floor(Math.random() * (index + 1));
    [values[index], values[other]] = [values[other] as T, values[index] as T];
  }
  return values;
}
