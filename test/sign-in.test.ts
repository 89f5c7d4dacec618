import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import { describeCauses } from '../src/people/sign-in-endpoint.js';
import { type Answer, readAnswer } from '../testbed/answer.js';
import { startApp, type TestApp } from '../testbed/app.js';
import { hasChromium, launchChromium } from '../testbed/chromium.js';
import { advanceClock, resetClock } from '../testbed/clock.js';
import { type LoginProvider, startLoginProvider } from '../testbed/login-provider.js';
import { type Lies, type LyingProvider, startLyingProvider } from '../testbed/lying-provider.js';
import { cookieName, getSession, graphqlBySession } from '../testbed/session.js';

const SET =
  'mutation ($input: IdentityProviderInput!) { setIdentityProvider(input: $input) { name issuer scope claim grants { value scopes } } }';
const GRANTS = [
  { value: 'admins', scopes: ['clients:read', 'clients:write', 'audit:read'] },
  { value: 'auditors', scopes: ['audit:read'] },
];

let app: TestApp;

beforeAll(async () => {
  app = await startApp({ FAILURE_LIMIT: '0' });
});
afterEach(resetClock);
afterAll(() => app.stop());

const codeOf = ({ body }: Answer) => body.errors?.[0].extensions.code;
const setProvider = (input: object) =>
  app.administer(SET, {
    input: { name: 'Company login', claim: 'groups', grants: GRANTS, clientId: 'latchkey', clientSecret: 's', ...input },
  });

(hasChromium() ? describe : describe.skip)('a person at a real provider with a login page', () => {
  let provider: LoginProvider;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    provider = await startLoginProvider(`${app.url}/session/callback`, { ada: ['staff', 'admins', 'auditors'], bob: ['staff'] });
    const { issuer, clientId, clientSecret } = provider;
    expect(codeOf(await setProvider({ issuer, clientId, clientSecret, scope: 'openid profile groups' }))).toBeUndefined();
    browser = await launchChromium();
  });
  beforeEach(async () => {
    page = await (await browser.newContext()).newPage();
  });
  afterAll(async () => {
    await browser?.close();
    await provider?.stop();
  });

  async function logIn(name: string): Promise<void> {
    await page.goto(`${app.url}/session/start`);
    await page.fill('input[name=login]', name);
    await page.fill('input[name=password]', 'any');
    await page.click('button[type=submit]');
    await page.click('button[type=submit]');
    await page.waitForURL(`${app.url}/**`);
  }
  /** Cookies know no ports: those of the provider are among them. */
  const ourCookies = async () => (await page.context().cookies(app.url)).filter(({ name }) => name.includes('latchkey'));
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever came back
  const ask = (query: string): Promise<any> =>
    page.evaluate(
      async (text) =>
        (
          await fetch('/graphql', {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify({ query: text }),
          })
        ).json(),
      query,
    );

  it('signs in, may do what the groups give, and is named in the record', async () => {
    await logIn('ada');
    expect(new URL(page.url()).origin).toBe(app.url);
    expect((await ask('{ viewer { clientId person { subject name } scopes } }')).data.viewer).toEqual({
      clientId: null,
      person: { subject: 'ada', name: 'Ada Example' },
      scopes: ['clients:read', 'clients:write', 'audit:read'],
    });
    await ask('mutation { createClient(input: { name: "By Ada", clientId: "by-ada" }) { clientSecret } }');
    const { data } = await ask('{ auditEvents { nodes { action actorType actorId actorName address } } }');
    const ada = { actorType: 'PERSON', actorId: 'ada', actorName: 'Ada Example', address: '127.0.0.1' };
    expect(data.auditEvents.nodes.slice(0, 2)).toEqual([
      { action: 'CREATE_CLIENT', ...ada },
      { action: 'SIGN_IN', ...ada },
    ]);
    expect((await ask('{ signingKeys { kid } }')).errors[0].extensions.code).toBe('FORBIDDEN');
  });

  it('cannot hand out a right that the groups do not give', async () => {
    await logIn('ada');
    const { errors } = await ask('mutation { createClient(input: { name: "X", clientId: "x", scopes: ["keys:write"] }) { clientSecret } }');
    expect(errors[0].extensions.code).toBe('FORBIDDEN');
  });

  it('is told when nothing gives them rights, and has no session', async () => {
    await logIn('bob');
    expect(await page.textContent('body')).toContain('nothing that it says of you gives you rights here');
    expect(await ourCookies()).toEqual([]);
  });

  it('who says no at the provider is told so, and has no session', async () => {
    await page.goto(`${app.url}/session/start`);
    await page.click('text=Cancel');
    await page.waitForURL(`${app.url}/**`);
    expect(await page.textContent('body')).toContain('The identity provider refused to sign you in.');
    expect(await ourCookies()).toEqual([]);
  });

  it('is signed out when the provider is changed or removed', async () => {
    await logIn('ada');
    const { issuer, clientId } = provider;
    await setProvider({ issuer, clientId, clientSecret: undefined, scope: 'openid profile groups', grants: [GRANTS[1]] });
    expect((await ask('{ viewer { scopes } }')).errors[0].extensions.code).toBe('UNAUTHENTICATED');
    await page.context().clearCookies();
    await logIn('ada');
    expect((await ask('{ viewer { scopes } }')).data.viewer.scopes).toEqual(['audit:read']);
    await app.administer('mutation { removeIdentityProvider }');
    expect((await ask('{ viewer { scopes } }')).errors[0].extensions.code).toBe('UNAUTHENTICATED');
    expect((await readAnswer(fetch(`${app.url}/session/start`))).status).toBe(404);
    expect(JSON.parse(app.logLines.at(-1) as string)).toMatchObject({ path: '/session/start', level: 30, reason: 'none' });
  });
});

const LONG_EXPONENT = `${'_'.repeat(510)}w`;

describe('a provider that cannot be trusted', () => {
  let provider: LyingProvider;

  beforeAll(async () => {
    provider = await startLyingProvider('latchkey');
  });
  beforeEach(async () => {
    provider.lies = {};
    provider.paths = [];
    await setProvider({ issuer: provider.issuer });
  });
  afterAll(() => provider.stop());

  const start = () => readAnswer(fetch(`${app.url}/session/start`, { redirect: 'manual', headers: { accept: 'application/json' } }));
  const cookieOf = ({ headers }: Answer) => (headers.getSetCookie().find((cookie) => cookie.includes('sign-in')) ?? '').split(';')[0] ?? '';

  /** Goes there and comes back, as a browser would. @param changes of what comes back */
  async function goAndReturn(changes: Record<string, string | undefined> = {}, cookie?: string): Promise<Answer> {
    const out = await start();
    expect(out.status).toBe(302);
    const there = new URL(out.headers.get('location') as string);
    provider.nonce = there.searchParams.get('nonce') as string;
    const back = { code: 'good', state: there.searchParams.get('state') as string, ...changes };
    const search = new URLSearchParams(JSON.parse(JSON.stringify(back)));
    const headers = { cookie: cookie ?? cookieOf(out), accept: 'application/json' };
    return readAnswer(fetch(`${app.url}/session/callback?${search}`, { redirect: 'manual', headers }));
  }

  const expectNoSession = async (answer: Answer, status: number, words: string) => {
    expect([answer.status, answer.body?.error]).toEqual([status, 'sign_in_failed']);
    expect(answer.body.error_description).toContain(words);
    expect(answer.headers.getSetCookie().filter((cookie) => cookie.includes('latchkey-session'))).toEqual([]);
    expect(await app.database.query('SELECT id FROM sessions WHERE subject IS NOT NULL')).toEqual([]);
    const [row] = await app.database.query(
      "SELECT COUNT(*) AS n FROM audit_events WHERE action = 'SIGN_IN' AND actor_type = 'PERSON' AND actor_id = 'mallory'",
    );
    expect(Number(row?.n)).toBe(0);
  };
  const tell = (lies: Lies) => {
    provider.lies = lies;
  };

  it.each<[string, Lies]>([
    ['has a token for somebody else', { claims: { aud: 'somebody-else' } }],
    ['has a token for this tenant that was issued to somebody else', { claims: { azp: 'somebody-else' } }],
    ['has a token of another issuer', { claims: { iss: 'https://evil.example' } }],
    ['has a token with another nonce', { claims: { nonce: 'another' } }],
    ['has a token that has expired', { claims: { exp: 1 } }],
    ['signs with a key that it does not publish', { hidesKey: true }],
    ['signs with a key that it does not publish any more', { hidesKey: true, kid: 'two' }],
    ['names somebody too long', { claims: { sub: 'x'.repeat(256) } }],
    ['names somebody who cannot be printed', { claims: { sub: 'a\u0007b' } }],
    ['names somebody by half a character', { claims: { sub: '\ud800' } }],
    ['answers 500', { answers: { '/token': (_request, response) => response.writeHead(500).end('{}') } }],
    [
      'answers with a page',
      { answers: { '/token': (_request, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>') } },
    ],
    [
      'has no token',
      { answers: { '/token': (_request, response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{}') } },
    ],
  ])('%s', async (_how, lies) => {
    tell(lies);
    await expectNoSession(await goAndReturn(), 502, "The identity provider's answer cannot be used");
  });

  it.each<[string, Lies]>([
    ['describes itself as another issuer', { metadata: { issuer: 'https://evil.example' } }],
    ['has no description', { answers: { '/.well-known/openid-configuration': (_request, response) => response.writeHead(404).end() } }],
    ['sends people to something that is no https URL', { metadata: { authorization_endpoint: 'javascript:alert(1)' } }],
    ['sends people to an address that is very long', { metadata: { authorization_endpoint: `https://a.example/?${'a&'.repeat(1_000)}` } }],
    ['says more than any does', { metadata: { service_documentation: 'x'.repeat(32_000) } }],
  ])('%s, and nobody is sent there', async (_how, lies) => {
    tell(lies);
    await expectNoSession(await start(), 502, "The identity provider's answer cannot be used");
  });

  it('is not asked again at once for whoever comes while it fails', async () => {
    tell({ metadata: { issuer: 'https://evil.example' } });
    for (let time = 0; time < 5; time += 1) await expectNoSession(await start(), 502, "The identity provider's answer cannot be used");
    expect(provider.paths).toEqual(['/.well-known/openid-configuration']);
  });

  it.each<[string, Lies, number]>([
    [
      'redirects the server elsewhere',
      { answers: { '/.well-known/openid-configuration': (_request, response) => response.writeHead(302, { location: '/jwks' }).end() } },
      1,
    ],
    [
      'answers without end',
      {
        answers: {
          '/.well-known/openid-configuration': (_request, response) => {
            response.writeHead(200, { 'content-type': 'application/json' });
            const more = setInterval(() => response.write(' '.repeat(64 * 1024)), 1);
            response.on('close', () => clearInterval(more));
          },
        },
      },
      1,
    ],
    [
      'changes the protocol',
      {
        answers: {
          '/.well-known/openid-configuration': ({ socket }) =>
            socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: other\r\n\r\n'),
        },
      },
      1,
    ],
    ['never answers', { answers: { '/.well-known/openid-configuration': () => undefined } }, 1],
    [
      'answers drop by drop',
      {
        answers: {
          '/.well-known/openid-configuration': (_request, response) => {
            response.writeHead(200, { 'content-type': 'application/json' });
            const more = setInterval(() => response.write(' '), 200);
            response.on('close', () => clearInterval(more));
          },
        },
      },
      1,
    ],
  ])('%s', async (_how, lies, requests) => {
    tell(lies);
    const began = performance.now();
    await expectNoSession(await start(), 502, 'cannot be reached or does not answer in time');
    expect(performance.now() - began).toBeLessThan(15_000);
    expect(provider.paths).toHaveLength(requests);
  });

  it.each<[unknown]>([[LONG_EXPONENT], [[LONG_EXPONENT]]])('has no signature checked with a key whose checks take long (%#)', async (e) => {
    const key = { kty: 'RSA', kid: 'one', alg: 'RS256', n: `${'_'.repeat(511)}w`, e };
    tell({
      answers: {
        '/jwks': (_request, response) =>
          response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ keys: [key] })),
      },
    });
    await expectNoSession(await goAndReturn(), 502, "The identity provider's answer cannot be used");
    expect(app.logLines.splice(0).some((line) => line.includes('an exponent that is too long'))).toBe(true);
  });

  it('is down', async () => {
    await setProvider({ issuer: 'http://localhost:1' });
    await expectNoSession(await start(), 502, 'cannot be reached or does not answer in time');
  });

  it('a way back that was begun elsewhere, altered, or too long ago leads nowhere', async () => {
    await expectNoSession(await goAndReturn({}, ''), 400, 'Start again');
    await expectNoSession(await goAndReturn({}, `${cookieName(app, 'sign-in')}=garbage`), 400, 'Start again');
    await expectNoSession(await goAndReturn({ state: 'another' }), 400, 'Start again');
    await expectNoSession(await goAndReturn({ state: undefined }), 400, 'Start again');
    await expectNoSession(await goAndReturn({ code: undefined }), 502, 'cannot be used');
    await expectNoSession(await goAndReturn({ code: undefined, error: 'access_denied' }), 403, 'refused');
    await expectNoSession(await goAndReturn({ iss: 'https://evil.example' }), 502, 'cannot be used');
    const early = await start();
    advanceClock(601);
    await expectNoSession(await goAndReturn({}, cookieOf(early)), 400, 'Start again');
  });

  it('settings that change while somebody is there leave nobody signed in', async () => {
    const out = await start();
    const there = new URL(out.headers.get('location') as string);
    provider.nonce = there.searchParams.get('nonce') as string;
    await setProvider({ issuer: provider.issuer });
    const url = `${app.url}/session/callback?code=good&state=${there.searchParams.get('state')}`;
    const headers = { cookie: cookieOf(out), accept: 'application/json' };
    await expectNoSession(await readAnswer(fetch(url, { headers, redirect: 'manual' })), 400, 'Start again');
  });

  it('says nothing of what it was sent, not even in a page', async () => {
    const url = `${app.url}/session/callback?error=<script>alert(1)</script>&error_description=<b>x</b>&state=%3Cscript%3E`;
    const { text, status, headers } = await readAnswer(fetch(url, { headers: { accept: 'text/html' } }));
    expect([status, headers.get('content-type')]).toEqual([400, 'text/html; charset=utf-8']);
    expect(text).not.toMatch(/script|<b>/);
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
  });

  it.each([[{ groups: [{ toString: 1, valueOf: 1 }] }], [{ groups: [[['admins']]] }], [{ groups: undefined }], [{ groups: null }]])(
    'gives no right for %j',
    async (claims) => {
      await setProvider({
        issuer: provider.issuer,
        grants: [...GRANTS, { value: 'undefined', scopes: ['audit:read'] }, { value: 'null', scopes: ['audit:read'] }],
      });
      tell({ claims });
      await expectNoSession(await goAndReturn(), 403, 'nothing that it says of you gives you rights here');
    },
  );

  it('does not get its own words, nor ours, into the log', async () => {
    const echo = (request: IncomingMessage, response: ServerResponse) =>
      response
        .writeHead(400, { 'content-type': 'application/json' })
        .end(
          JSON.stringify({ error: 'invalid_request', error_description: `you sent ${request.headers.authorization}`.padEnd(90_000, '!') }),
        );
    tell({ answers: { '/token': echo } });
    const before = app.logLines.length;
    await goAndReturn();
    const log = app.logLines.slice(before).join('');
    expect(log).toContain('somebody could not sign in');
    expect(log).not.toMatch(/you sent|Basic /);
    expect(log.length).toBeLessThan(10_000);
  });

  it('does not get into the log what is not JSON either', () => {
    let cause: unknown;
    try {
      JSON.parse('our-secret-that-it-sent-back');
    } catch (error) {
      cause = error;
    }
    expect(String(cause)).toContain('our-secret');
    const told = describeCauses(Object.assign(new Error('it cannot be read', { cause }), { code: 'OAUTH_PARSE_ERROR' }));
    expect(told).toEqual(['Error: OAUTH_PARSE_ERROR: it cannot be read', 'SyntaxError: it is not JSON']);
  });

  it('is asked once by many who set out at the same moment', async () => {
    await Promise.all(Array.from({ length: 30 }, start));
    expect(provider.paths).toEqual(['/.well-known/openid-configuration']);
  });

  it('is asked once by a browser that comes back many times at the same moment', async () => {
    const out = await start();
    const there = new URL(out.headers.get('location') as string);
    provider.nonce = there.searchParams.get('nonce') as string;
    provider.paths.length = 0;
    const url = `${app.url}/session/callback?code=good&state=${there.searchParams.get('state')}`;
    const back = () => fetch(url, { redirect: 'manual', headers: { cookie: cookieOf(out), accept: 'application/json' } });
    const statuses = (await Promise.all(Array.from({ length: 30 }, back))).map(({ status }) => status);
    expect(statuses.filter((status) => status === 302)).toHaveLength(1);
    expect(statuses.filter((status) => status !== 302 && status !== 400)).toEqual([]);
    expect(provider.paths.filter((path) => path === '/token').length).toBe(1);
  });

  it('is asked by a few of those at a time who come back, and by nobody from where many have failed', async () => {
    let [underWay, most, asked] = [0, 0, 0];
    const full = Promise.withResolvers<void>();
    const refuse: NonNullable<Lies['answers']>[string] = (_request, response) => {
      underWay += 1;
      asked += 1;
      most = Math.max(most, underWay);
      if (most === 8) full.resolve();
      void full.promise.then(async () => {
        await sleep(50);
        underWay -= 1;
        response.writeHead(400, { 'content-type': 'application/json' }).end('{"error":"invalid_grant"}');
      });
    };
    const strict = await startApp({ FAILURE_LIMIT: '3' });
    await strict.administer(SET, {
      input: { name: 'X', issuer: provider.issuer, clientId: 'latchkey', clientSecret: 's', claim: 'groups', grants: GRANTS },
    });
    const tickets = await Promise.all(
      Array.from({ length: 30 }, async () => {
        const out = await readAnswer(fetch(`${strict.url}/session/start`, { redirect: 'manual' }));
        const state = new URL(out.headers.get('location') as string).searchParams.get('state');
        return { state, cookie: out.headers.get('set-cookie')?.split(';')[0] as string };
      }),
    );
    tell({ answers: { '/token': refuse } });
    const answers = await Promise.all(
      tickets.map(({ state, cookie }) =>
        readAnswer(fetch(`${strict.url}/session/callback?code=bad&state=${state}`, { headers: { cookie, accept: 'application/json' } })),
      ),
    );
    expect(most).toBe(8);
    // Those that were under way when one was too much.
    expect(asked).toBeLessThanOrEqual(3 + 8);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([502, 429]));
    await strict.stop();
  });

  it('lets in who behaves, once per code flow, with what every claim gives together', async () => {
    provider.lies = { claims: { groups: ['auditors', 'admins', 7] } };
    const answer = await goAndReturn();
    expect([answer.status, answer.headers.get('location')]).toEqual([302, '/']);
    const cookie = answer.headers
      .getSetCookie()
      .find((text) => text.startsWith(`${cookieName(app, 'session')}=`))
      ?.split(';')[0] as string;
    expect((await getSession(app, cookie)).body).toEqual({
      session: {
        clientId: null,
        person: { subject: 'mallory', name: 'Mallory' },
        scopes: expect.any(Array),
        expiresAt: expect.any(String),
      },
      identityProvider: { name: 'Company login' },
      graphiql: true,
    });
    expect((await graphqlBySession(app, cookie, '{ viewer { scopes } }')).body.data.viewer.scopes).toEqual([
      'clients:read',
      'clients:write',
      'audit:read',
    ]);
  });

  it('one tab does not spoil the way back of another, and a page that fetches or frames these addresses gets nowhere', async () => {
    const [first, second] = [await start(), await start()];
    const goBack = async (out: Answer) => {
      const there = new URL(out.headers.get('location') as string);
      provider.nonce = there.searchParams.get('nonce') as string;
      const headers = { cookie: cookieOf(second), accept: 'application/json' };
      return readAnswer(
        fetch(`${app.url}/session/callback?code=good&state=${there.searchParams.get('state')}`, { redirect: 'manual', headers }),
      );
    };
    const stale = await goBack(first);
    expect([stale.status, stale.headers.getSetCookie()]).toEqual([400, []]);
    expect((await goBack(second)).status).toBe(302);
    const head = await fetch(`${app.url}/session/callback?code=good&state=x`, { method: 'HEAD', headers: { cookie: cookieOf(second) } });
    expect(head.status).toBe(403);
    for (const dest of ['empty', 'image', 'iframe']) {
      for (const path of ['/session/start', '/session/callback?code=x&state=y']) {
        const { status, body } = await readAnswer(fetch(app.url + path, { headers: { 'sec-fetch-dest': dest }, redirect: 'manual' }));
        expect([status, body.error]).toEqual([403, 'access_denied']);
      }
    }
  });

  it('a way back leads into one session, and ends the one that the browser had when it went there', async () => {
    const out = await start();
    const there = new URL(out.headers.get('location') as string);
    provider.nonce = there.searchParams.get('nonce') as string;
    const back = (cookie: string) =>
      readAnswer(
        fetch(`${app.url}/session/callback?code=good&state=${there.searchParams.get('state')}`, {
          redirect: 'manual',
          headers: { cookie, accept: 'application/json' },
        }),
      );
    const first = await back(cookieOf(out));
    expect(first.status).toBe(302);
    const again = await back(cookieOf(out));
    expect([again.status, again.body.error_description]).toEqual([400, expect.stringContaining('Start again')]);
    const session = first.headers
      .getSetCookie()
      .find((text) => text.startsWith(`${cookieName(app, 'session')}=`))
      ?.split(';')[0] as string;
    const isSignedIn = async () => (await getSession(app, session)).body.session !== null;
    expect(await isSignedIn()).toBe(true);
    // Its cookie goes along on the way there, and not on the way back from another site.
    const second = await readAnswer(fetch(`${app.url}/session/start`, { redirect: 'manual', headers: { cookie: session } }));
    const target = new URL(second.headers.get('location') as string);
    provider.nonce = target.searchParams.get('nonce') as string;
    const returned = await fetch(`${app.url}/session/callback?code=good&state=${target.searchParams.get('state')}`, {
      redirect: 'manual',
      headers: { cookie: cookieOf(second) },
    });
    expect([returned.status, await isSignedIn()]).toEqual([302, false]);
  });

  it('may name somebody else each time: of its people a bounded number is signed in', async () => {
    const [tenant] = await app.database.query('SELECT id FROM tenants WHERE is_home = 1');
    const rows = Array.from(
      { length: 5_050 },
      (_, number) => `('old-${number}', '${tenant?.id}', 'p${number}', '', '[]', '2020-01-01 00:00:00.000', '2100-01-01 00:00:00.000')`,
    );
    for (let start = 0; start < rows.length; start += 500)
      await app.database.query(
        `INSERT INTO sessions (id, tenant_id, subject, token_epoch, scopes, created_at, expires_at) VALUES ${rows.slice(start, start + 500).join(', ')}`,
      );
    expect((await goAndReturn()).status).toBe(302);
    const [count] = await app.database.query('SELECT COUNT(*) AS n FROM sessions WHERE subject IS NOT NULL');
    expect(Number(count?.n)).toBe(5_000);
    const [mine] = await app.database.query("SELECT COUNT(*) AS n FROM sessions WHERE subject = 'mallory'");
    expect(Number(mine?.n)).toBeGreaterThan(0);
    await app.database.query('DELETE FROM sessions WHERE subject IS NOT NULL');
  });

  it('asks with PKCE, a state and a nonce, and keeps them to itself', async () => {
    const out = await start();
    const { searchParams } = new URL(out.headers.get('location') as string);
    expect(Object.fromEntries(searchParams)).toMatchObject({
      client_id: 'latchkey',
      redirect_uri: `${app.url}/session/callback`,
      response_type: 'code',
      scope: 'openid profile email',
      code_challenge_method: 'S256',
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
    });
    const cookie = out.headers.get('set-cookie') as string;
    expect(cookie).toMatch(/^latchkey-sign-in-\d+=[^;]+; path=\/; samesite=lax; httponly$/);
    for (const name of ['state', 'nonce']) expect(cookie).not.toContain(searchParams.get(name));
  });

  it('is not asked again and again by somebody who always fails', async () => {
    const strict = await startApp({ FAILURE_LIMIT: '3' });
    const ask = async (path: string) => (await readAnswer(fetch(strict.url + path, { headers: { accept: 'application/json' } }))).status;
    // What another site can make a browser do counts for nothing.
    for (let attempt = 0; attempt < 5; attempt += 1) expect(await ask('/session/callback?code=x')).toBe(400);
    const input = { name: 'X', issuer: 'http://localhost:1', clientId: 'x', clientSecret: 'x', claim: 'x', grants: GRANTS };
    await strict.administer(SET, { input });
    const statuses = [];
    for (let attempt = 0; attempt < 5; attempt += 1) statuses.push(await ask('/session/start'));
    expect(statuses).toEqual([502, 502, 502, 429, 429]);
    await strict.stop();
  });
});

describe('setIdentityProvider', () => {
  const issuer = 'https://login.example.com';

  it('keeps the secret to itself, and never sends it to another provider', async () => {
    await setProvider({ issuer, clientSecret: 'kept-secret-of-the-provider' });
    const read = await app.administer(
      '{ identityProvider { name issuer clientId scope claim grants { value scopes } createdAt updatedAt } }',
    );
    expect(read.body.data.identityProvider).toMatchObject({ issuer, clientId: 'latchkey', scope: 'openid profile email', grants: GRANTS });
    expect(codeOf(await setProvider({ issuer, clientSecret: undefined, name: 'Renamed' }))).toBeUndefined();
    for (const change of [{ issuer: 'https://evil.example' }, { clientId: 'another' }]) {
      const { body } = await setProvider({ issuer, clientSecret: undefined, ...change });
      expect(body.errors[0].extensions).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path: 'input.clientSecret' }] });
    }
    expect(await app.database.dump()).not.toContain('kept-secret-of-the-provider');
    expect(app.logLines.join('')).not.toContain('kept-secret-of-the-provider');
  });

  it.each([
    [{ issuer: 'http://login.example.com' }, 'input.issuer'],
    [{ issuer: 'ftp://login.example.com' }, 'input.issuer'],
    [{ issuer: 'https://login.example.com?x' }, 'input.issuer'],
    [{ issuer: 'https://user@login.example.com' }, 'input.issuer'],
    [{ issuer: 'login.example.com' }, 'input.issuer'],
    [{ issuer: 'https://login.example.com/\u001b]0;x\u0007' }, 'input.issuer'],
    [{ issuer: 'https://login.example.com/\u202ex' }, 'input.issuer'],
    [{ issuer: 'https://login.example.com/\ud800' }, 'input.issuer'],
    [{ issuer: '' }, 'input.issuer'],
    [{ name: '' }, 'input.name'],
    [{ clientId: '' }, 'input.clientId'],
    [{ clientSecret: '' }, 'input.clientSecret'],
    [{ claim: '' }, 'input.claim'],
    [{ scope: 'profile' }, 'input.scope'],
    [{ grants: [] }, 'input.grants'],
    [{ grants: [{ value: 'x', scopes: [] }] }, 'input.grants'],
    [{ grants: [{ value: 'x', scopes: ['orders:read'] }] }, 'input.grants'],
    [{ grants: [GRANTS[0], GRANTS[0]] }, 'input.grants'],
    [{ grants: [{ value: '', scopes: ['clients:read'] }] }, 'input.grants'],
    [{ grants: [{ value: 'x', scopes: null }] }, 'input.grants.0.scopes'],
    [{ grants: [{ value: null, scopes: ['clients:read'] }] }, 'input.grants.0.value'],
  ])('refuses %j', async (change, path) => {
    const { body } = await setProvider({ issuer, ...change });
    expect(body.errors[0].extensions).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path }] });
  });

  it.each<Record<string, string>>([{ NODE_ENV: 'production' }, {}])(
    'refuses a provider on the loopback wherever others are served (%j)',
    async (settings) => {
      const production = await startApp({ ...settings, ISSUER: 'https://id.example.com' });
      const { providers, home } = production.installation;
      const principal = {
        ...home,
        actor: { type: 'CLIENT', id: 'admin', name: null },
        request: { id: null, address: null },
        scopes: ['clients:read'],
      };
      const grants = [{ value: 'x', scopes: ['clients:read'] }];
      const input = { name: 'X', clientId: 'x', clientSecret: 'x', claim: 'x', grants };
      for (const issuer of ['http://localhost:9', 'http://127.0.0.1:9', 'https://[::1]:9', 'https://10.0.0.1', 'https://169.254.169.254'])
        await expect(providers.set(principal as never, { ...input, issuer })).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
      await production.stop();
    },
  );
});
