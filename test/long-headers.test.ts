import { type IncomingHttpHeaders, type IncomingMessage, request, Server } from 'node:http';
import { jest } from '@jest/globals';
import { readAnswer } from '../testbed/answer.js';
import { basic, getToken, startApp, type TestApp } from '../testbed/app.js';

/** What may be long, and why: no parser is given it that takes the square of it. */
const MAY_BE_LONG: Record<string, string> = {
  authorization: 'holds a token, and is split at blanks',
  cookie: 'holds what all pages of a host keep, and is searched for whole names',
  dpop: 'holds a proof',
  'content-length': 'is refused by Node when it is no number',
  'oauth-client-attestation': 'is taken away',
  'oauth-client-attestation-pop': 'is taken away',
  'x-request-id': 'is taken when it is short, and looked at no further',
};
const REPEATED = [' ', '\t', ',', ', ', ';', '; ', '"', '"\\', '=', 'a=', '/', 'x', '(', '-', '%', ':', '.'];

let app: TestApp;

beforeAll(async () => {
  app = await startApp({ TRUST_PROXY: '1', TRUST_FORWARDED_HOST: 'true', FAILURE_LIMIT: '0' });
});
afterAll(() => app.stop());

/** Every header that somebody asks for by its name, in requests of all kinds. */
async function readHeaders(): Promise<Set<string>> {
  const read = new Set<string>();
  const emit = Server.prototype.emit;
  const spy = jest.spyOn(Server.prototype, 'emit').mockImplementation(function (this: Server, ...args) {
    const [event, request] = args as unknown as [string, IncomingMessage];
    if (event === 'request') watch(request, read);
    return emit.apply(this, args);
  });
  await askEverything();
  spy.mockRestore();
  return read;
}

function watch(request: IncomingMessage, read: Set<string>): void {
  const { headers } = request;
  let isListed = false;
  const watched = new Proxy(headers, {
    get(target, name) {
      // Whoever copies all of them reads none.
      if (typeof name === 'string' && !isListed) read.add(name);
      return Reflect.get(target, name);
    },
    ownKeys(target) {
      isListed = true;
      queueMicrotask(() => {
        isListed = false;
      });
      return Reflect.ownKeys(target);
    },
  }) as IncomingHttpHeaders;
  Object.defineProperty(request, 'headers', { get: () => watched });
}

async function askEverything(): Promise<void> {
  const token = await getToken(app, app.admin);
  const paths = ['/', '/graphql?query={__typename}', '/connect/verify?audience=x', '/health/live', '/metrics', '/.well-known/jwks.json'];
  const more = ['/.well-known/openid-configuration', '/session', '/session/callback', '/clients', '/graphiql', '/nothing'];
  const shown = [
    {},
    { authorization: `Bearer ${token}` },
    { origin: 'https://x.example', 'if-none-match': '"x"', 'access-control-request-method': 'POST', 'content-type': 'application/json' },
  ];
  for (const path of [...paths, ...more])
    for (const method of ['GET', 'POST', 'HEAD', 'OPTIONS', 'PUT'])
      for (const headers of shown)
        await fetch(app.url + path, { method, headers, redirect: 'manual', ...(/^P/.test(method) && { body: '{}' }) }).then((answer) =>
          answer.arrayBuffer(),
        );
  for (const path of ['token', 'introspect', 'revocation', 'leaked']) {
    const headers = {
      'content-type': 'application/x-www-form-urlencoded',
      authorization: basic(app.admin.clientId, app.admin.secret),
      dpop: 'x',
    };
    await readAnswer(fetch(`${app.url}/connect/${path}`, { method: 'POST', headers, body: 'grant_type=client_credentials&token=x' }));
  }
}

/** The status of a GET with a header. */
function statusWith(name: string, value: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const headers = { host: `localhost:${app.port}`, [name]: value };
    const sent = request({ port: app.port, host: 'localhost', path: '/graphql?query={__typename}', headers }, (answer) => {
      answer.resume().on('end', () => resolve(answer.statusCode));
    });
    sent.on('error', reject).end();
  });
}

it('are refused where anybody parses them', async () => {
  const read = await readHeaders();
  expect([...read]).toEqual(expect.arrayContaining([...Object.keys(MAY_BE_LONG), 'accept', 'content-type', 'origin', 'x-forwarded-for']));
  const parsed = [...read].filter((name) => !(name in MAY_BE_LONG));
  const statuses = [];
  for (const name of new Set([...parsed, 'if-none-match', 'range', 'x-forwarded-proto']))
    for (const repeated of REPEATED) {
      const value = `a${repeated.repeat(Math.ceil(1_000 / repeated.length))}b`;
      statuses.push([name, repeated, await statusWith(name, value)]);
    }
  // A host, and how a body is framed, Node itself looks at.
  expect(statuses.filter(([, , status]) => ![400, 421, 431].includes(status as number))).toEqual([]);
  expect(await statusWith('x-forwarded-for', '203.0.113.7, '.repeat(20).slice(0, -2))).toBe(200);
});
