import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import type { PrivateMariaDb } from '../testbed/mariadb.ts';
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
  for (const asked of subject.requests) {
    const token = await tokenBy(subject.url, asked);
    requests.push({ ...asked, path: '/connect/introspect', body: new URLSearchParams({ token }).toString() });
  }
  return { ...subject, name: `${subject.name}: introspections`, requests };
}

/** By node:http, for fetch names no other host than that of the URL. @throws when there is no token in the answer */
async function tokenBy(url: string, { path, method, host, authorization, contentType, body }: Request): Promise<string> {
  const headers = { authorization, 'content-type': contentType, ...(host && { host }) };
  const response = await new Promise<IncomingMessage>((resolve, reject) =>
    request(url + path, { method, headers }, resolve)
      .once('error', reject)
      .end(body),
  );
  const answer = await text(response);
  const { access_token: token } = JSON.parse(answer) as { access_token?: string };
  if (!token) throw new Error(`${url}${path} answered ${response.statusCode} ${answer}`);
  return token;
}
