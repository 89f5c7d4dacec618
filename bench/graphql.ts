import type { PrivateMariaDb } from '../testbed/mariadb.ts';
import { tokenOf } from './client.ts';
import { clientIdOf, type Request, type Target } from './load.ts';
import { Report } from './report.ts';
import { SECRET } from './subject.ts';
import { startOnMariaDb, startOnSqlite, type TokenTarget } from './targets.ts';
import { inTurns, toRow } from './turns.ts';

const COURSE = { rounds: 5, seconds: 2, connections: 16 };
const WANTED = 'name clientId accessTokenLifetime enabled scopes createdAt';

/** What is asked, by what it is called. */
const OPERATIONS: Record<string, string[]> = {
  'one client': Array.from({ length: 100 }, (_, index) => `{ client(clientId: "${clientIdOf(index)}") { ${WANTED} } }`),
  'a page of 50 clients': [`{ clients(first: 50) { nodes { ${WANTED} } pageInfo { endCursor hasNextPage } } }`],
  'a page of 50 with secrets and count': [
    `{ clients(first: 50) { totalCount nodes { ${WANTED} secrets { hint createdAt lastUsedAt } } pageInfo { endCursor hasNextPage } } }`,
  ],
  'a change': [`mutation { updateClient(clientId: "${clientIdOf(0)}", input: { accessTokenLifetime: 60 }) { version } }`],
};

/** GraphQL operations a second, on each database. */
export async function benchGraphql(mariaDb: PrivateMariaDb | undefined): Promise<void> {
  const report = new Report('graphql');
  const subjects = [await startOnSqlite(), ...(mariaDb ? [await startOnMariaDb(mariaDb)] : [])];
  for (const [name, operations] of Object.entries(OPERATIONS)) {
    const targets: Target[] = [];
    for (const subject of subjects) targets.push({ ...subject, requests: await requestsFor(subject, operations) });
    const results = await inTurns(targets, COURSE);
    const title = `GraphQL, ${name}: ${COURSE.rounds} rounds of ${COURSE.seconds} s in turns, ${COURSE.connections} connections`;
    report.table(
      title,
      results.map((result) => toRow(result, 'SQLite')),
      results,
    );
  }
  await Promise.all(subjects.map((subject) => subject.stop()));
  report.close();
}

async function requestsFor(subject: TokenTarget, operations: readonly string[]): Promise<Request[]> {
  const authorization = `Bearer ${await tokenOf(subject, 'admin', SECRET)}`;
  const request = { method: 'POST', path: '/graphql', authorization, contentType: 'application/json' } as const;
  return operations.map((query) => ({ ...request, body: JSON.stringify({ query }) }));
}
