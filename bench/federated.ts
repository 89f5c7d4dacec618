import type { PrivateMariaDb } from '../testbed/mariadb.ts';
import { makeIssuerKey, startWorkloadIssuer, type WorkloadIssuer } from '../testbed/workload-issuer.ts';
import { administer } from './client.ts';
import { CLIENTS, clientIdOf, type Request, type Target } from './load.ts';
import { Report } from './report.ts';
import { startOnMariaDb, startOnSqlite, type TokenTarget } from './targets.ts';
import { inTurns, toRow } from './turns.ts';

const COURSE = { rounds: 7, seconds: 2, connections: 32 };
const UNKNOWN_KEYS = 10_000;
const AT_ONCE = 50;
const LIFETIME_SECONDS = 3_600;
const TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** Tokens by what a platform says beside tokens by secret, on each database; and how often the platform is asked for keys. */
export async function benchFederated(mariaDb: PrivateMariaDb | undefined): Promise<void> {
  const report = new Report('federated');
  const issuer = await startWorkloadIssuer();
  issuer.keys = [await makeIssuerKey('rsa', 'RS256'), await makeIssuerKey('ec', 'ES256')];
  for (const subject of [await startOnSqlite(), ...(mariaDb ? [await startOnMariaDb(mariaDb)] : [])]) {
    await trust(subject, issuer);
    const [rsa, ec] = issuer.keys.map((_, index) => index) as [number, number];
    const targets: Target[] = [
      { ...subject, name: `${subject.name}: by secret` },
      { ...subject, name: `${subject.name}: by platform, RS256`, requests: await federated(subject, issuer, rsa) },
      { ...subject, name: `${subject.name}: by platform, ES256`, requests: await federated(subject, issuer, ec) },
    ];
    const results = await inTurns(targets, COURSE);
    const title = `${subject.name}: ${COURSE.rounds} rounds of ${COURSE.seconds} s in turns, ${COURSE.connections} connections`;
    report.table(
      title,
      results.map((result) => toRow(result, 'by secret')),
      results,
    );
    const fetched = () => issuer.paths.filter((path) => path === '/jwks').length;
    const before = fetched();
    await sendUnknownKeys(subject, issuer);
    console.log(
      `${subject.name}: keys were fetched ${before} times for all of it, and ${fetched() - before} times for ${UNKNOWN_KEYS} unknown kids`,
    );
    issuer.paths.length = 0;
    await subject.stop();
  }
  await issuer.stop();
  report.close();
}

async function trust(subject: TokenTarget, issuer: WorkloadIssuer): Promise<void> {
  const input = { name: 'Platform', issuer: issuer.url };
  await administer(subject, 'mutation ($input: CreateTrustedIssuerInput!) { createTrustedIssuer(input: $input) { id } }', { input });
  const create = 'mutation ($input: CreateClientInput!) { createClient(input: $input) { client { id } } }';
  for (let index = 0; index < CLIENTS; index += 1) {
    const [clientId, federatedCredentials] = [`federated-${clientIdOf(index)}`, [{ issuer: issuer.url, subject: `job ${index}` }]];
    const client = { name: 'Bench', clientId, scopes: ['orders:read'], authMethod: 'FEDERATED_JWT', federatedCredentials };
    await administer(subject, create, { input: client });
  }
}

/** A request of each client, with a token that lives for longer than the bench. */
async function federated(subject: TokenTarget, issuer: WorkloadIssuer, key: number, kid?: string): Promise<Request[]> {
  const requests: Request[] = [];
  for (let index = 0; index < CLIENTS; index += 1) {
    requests.push(requestWith(`federated-${clientIdOf(index)}`, await sign(subject, issuer, { index, key, kid })));
  }
  return requests;
}

async function sign(
  subject: TokenTarget,
  issuer: WorkloadIssuer,
  { index, key, kid }: { index: number; key: number; kid?: string | undefined },
): Promise<string> {
  const exp = Math.floor(Date.now() / 1000) + LIFETIME_SECONDS;
  const header = kid === undefined ? {} : { kid };
  return issuer.sign(subject.url, { claims: { sub: `job ${index}`, exp }, header, key: issuer.keys[key] as (typeof issuer.keys)[number] });
}

function requestWith(clientId: string, assertion: string): Request {
  const form = { grant_type: 'client_credentials', client_id: clientId, client_assertion_type: TYPE, client_assertion: assertion };
  return {
    path: '/connect/token',
    method: 'POST',
    contentType: 'application/x-www-form-urlencoded',
    authorization: '',
    body: new URLSearchParams(form).toString(),
  };
}

/** Tokens that name keys which nobody has, some at a time. */
async function sendUnknownKeys(subject: TokenTarget, issuer: WorkloadIssuer): Promise<void> {
  for (let sent = 0; sent < UNKNOWN_KEYS; sent += AT_ONCE) {
    await Promise.all(
      Array.from({ length: AT_ONCE }, async (_, index) => {
        const assertion = await sign(subject, issuer, { index: 0, key: 1, kid: `unknown-${sent + index}` });
        const { path, body, contentType } = requestWith(`federated-${clientIdOf(0)}`, assertion);
        const { status } = await fetch(subject.url + path, { method: 'POST', headers: { 'content-type': contentType ?? '' }, body });
        if (status !== 401 && status !== 429) throw new Error(`a key that nobody has: ${status}`);
      }),
    );
  }
}
