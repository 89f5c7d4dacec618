import { readAnswer } from '../testbed/answer.js';
import { startApp, type TestApp } from '../testbed/app.js';

const ORIGIN = 'https://app.example.com';
let app: TestApp;

beforeAll(async () => {
  app = await startApp({ ALLOWED_ORIGINS: ORIGIN, TRUST_PROXY: 'true', TRUST_FORWARDED_HOST: 'true' });
});
afterAll(() => app.stop());

/** What callers differ in, in headers by which an answer is chosen. */
const VARIANTS: Record<string, string[]> = {
  Accept: ['text/html', 'application/json', 'application/graphql-response+json', 'image/png', 'text/plain'],
  'Accept-Encoding': ['gzip', 'br', 'identity'],
  'Accept-Language': ['de', 'en'],
  Origin: [ORIGIN, 'https://evil.example', 'null'],
  'Sec-Fetch-Site': ['cross-site', 'same-origin'],
  'X-Forwarded-Host': ['other.example'],
  'User-Agent': ['curl/8', 'Mozilla/5.0'],
};

const NOT_KEPT = JSON.stringify(['cache-control', 'no-store']);

/** What differs from answer to answer by itself. */
const PASSING = ['date', 'x-request-id', 'connection', 'keep-alive', 'vary', 'set-cookie'];

async function show(method: string, path: string, headers: Record<string, string>): Promise<{ vary: string; answer: string }> {
  const usual = { accept: '*/*', 'accept-encoding': 'identity', 'accept-language': '*', 'user-agent': 'x' };
  const {
    status,
    headers: got,
    text,
  } = await readAnswer(fetch(app.url + path, { method, redirect: 'manual', headers: { ...usual, ...headers } }));
  const told = [...got].filter(([name]) => !PASSING.includes(name));
  return { vary: (got.get('vary') ?? '').toLowerCase(), answer: JSON.stringify([status, told, text]) };
}

/** Every address that is served, with an asset that has compressed copies. */
async function addresses(): Promise<[string, string][]> {
  const page = await (await fetch(app.url)).text();
  const asset = /\/assets\/[^"]+\.js/.exec(page)?.[0] as string;
  const routes = app.routes
    .map((route) => route.replace(/^ANY/, 'GET').split(' ') as [string, string])
    .map(([method, path]) => [method, path.replace('/assets/:file', asset)]);
  const others = ['/nowhere', '/graphql?query={__typename}'].map((path) => ['GET', path]);
  return [...routes, ...others, ...routes.map(([, path]) => ['OPTIONS', path])] as [string, string][];
}

it('names every header that an answer depends on, at every address', async () => {
  const unnamed: string[] = [];
  const named = new Set<string>();
  for (const [method, path] of await addresses()) {
    const usual = await show(method, path, {});
    for (const [header, values] of Object.entries(VARIANTS)) {
      for (const value of values) {
        const { vary, answer } = await show(method, path, { [header.toLowerCase()]: value });
        if (answer === usual.answer) continue;
        // Whoever kept the one must know that the other may differ; these nobody may keep.
        if (answer.includes(NOT_KEPT) && usual.answer.includes(NOT_KEPT) && path.startsWith('/connect/')) continue;
        const isNamed = [vary, usual.vary].every((list) => list.split(', ').includes(header.toLowerCase()));
        if (isNamed) named.add(`${header} ${path.split('?')[0]}`);
        else unnamed.push(`${method} ${path} by ${header}: ${value}`);
      }
    }
  }
  expect(unnamed).toEqual([]);
  expect([...named]).toEqual(
    expect.arrayContaining(['Accept /graphql', 'Accept /session/start', 'Origin /graphql', 'Origin /session', 'Sec-Fetch-Site /session']),
  );
  expect([...named].some((name) => name.startsWith('Accept-Encoding /assets/'))).toBe(true);
});
