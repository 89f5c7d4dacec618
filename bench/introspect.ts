import type { PrivateMariaDb } from '../test/support/mariadb.ts';
import type { Request, Target } from './load.ts';
import { Report } from './report.ts';
import { startOnMariaDb, startOnSqlite, type TokenTarget } from './targets.ts';
import { inTurns, toRow } from './turns.ts';

const COURSE = { rounds: 5, seconds: 2, connections: 32 };

/** Introspections a second beside tokens a second, on each database: a client looks at a token of its own. */
export async function benchIntrospection(mariaDb: PrivateMariaDb | undefined): Promise<void> {
  const report = new Report('introspect');
  for (const subject of [await startOnSqlite(), ...(mariaDb ? [await startOnMariaDb(mariaDb)] : [])]) {
    const tokens: Target = { ...subject, name: `${subject.name}: tokens` };
    const results = await inTurns([tokens, await introspecting(subject)], COURSE);
    const title = `${subject.name}: ${COURSE.rounds} rounds of ${COURSE.seconds} s in turns, ${COURSE.connections} connections`;
    report.table(
      title,
      results.map((result) => toRow(result, 'tokens')),
      results,
    );
    await subject.stop();
  }
  report.close();
}

/** The same server, asked by each client about a token of its own. */
export async function introspecting(subject: TokenTarget): Promise<Target> {
  const requests: Request[] = [];
  for (const request of subject.requests) {
    const { path, method, body, authorization, contentType } = request;
    const headers = { authorization, 'content-type': contentType, ...(request.host && { host: request.host }) };
    const response = await fetch(subject.url + path, { method, headers, body });
    const { access_token: token } = (await response.json()) as { access_token: string };
    requests.push({ ...request, path: '/connect/introspect', body: new URLSearchParams({ token }).toString() });
  }
  return { ...subject, name: `${subject.name}: introspections`, requests };
}
