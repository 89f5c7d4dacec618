import type { Browser, Page } from 'playwright-core';
import { type Credentials, createClient, getToken, requestToken, startApp, type TestApp } from './support/app.js';
import { hasChromium, launchChromium } from './support/chromium.js';
import { until } from './support/process.js';

type EditorFile = 'operation.graphql' | 'request-headers.json' | 'response.json';
declare const __MONACO: { editor: { getModels(): { uri: { path: string }; getValue(): string; setValue(text: string): void }[] } };

const itInChromium = hasChromium() ? it : it.skip;

let app: TestApp;
let browser: Browser;
let page: Page;
/** What a browser would complain of, refusals left out. */
let complaints: string[];
let origins: Set<string>;

beforeAll(async () => {
  app = await startApp();
  if (hasChromium()) browser = await launchChromium();
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await app.stop();
});

beforeEach(async () => {
  if (!browser) return;
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  page = await context.newPage();
  complaints = [];
  origins = new Set();
  page.on('request', (request) => origins.add(new URL(request.url()).origin));
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error' && !/status of (401|403|429|503)|ERR_FAILED/.test(message.text())) complaints.push(message.text());
  });
  await open();
});
afterEach(() => page?.context().close());

/** Does not wait for the editors, which not every test needs. */
async function open(where = page): Promise<void> {
  await where.goto(`${app.url}/`, { waitUntil: 'commit' });
}

async function signIn({ clientId, secret }: Credentials = app.admin, where = page): Promise<void> {
  await where.getByLabel('Client Id').fill(clientId);
  await where.getByLabel('Secret key').fill(secret);
  await signInButton(where).click();
}

async function signInAsAdmin(where = page): Promise<void> {
  await signIn(app.admin, where);
  await where.getByText('Signed in as admin').waitFor();
}

async function signOut(where = page): Promise<void> {
  await where.getByRole('button', { name: 'Sign out' }).click();
  await where.getByText('Signed out.').waitFor();
}

function signInButton(where = page) {
  return where.getByRole('button', { name: 'Sign in', exact: true });
}

async function editors(): Promise<void> {
  await page.locator('.graphiql-query-editor .monaco-editor').first().waitFor();
}

/** The text in one of the editors; only the visible lines are in the page itself. */
function textIn(editor: EditorFile): Promise<string> {
  return page.evaluate(
    (suffix) =>
      __MONACO.editor
        .getModels()
        .find(({ uri }) => uri.path.endsWith(suffix))
        ?.getValue() ?? '',
    editor,
  );
}

function write(editor: EditorFile, text: string): Promise<void> {
  return page.evaluate(
    ([suffix = '', content = '']) =>
      __MONACO.editor
        .getModels()
        .find(({ uri }) => uri.path.endsWith(suffix))
        ?.setValue(content),
    [editor, text],
  );
}

async function openTab(tab: string): Promise<void> {
  await editors();
  await page.locator('button.graphiql-tab-button', { hasText: new RegExp(`^${tab}$`) }).click();
  await until(async () => (await textIn('operation.graphql')).includes(` ${tab}`));
}

/** Runs the operation of the open tab. @returns its answer, once it is shown */
async function execute(): Promise<{ data: Record<string, unknown>; errors?: { message: string }[] }> {
  const before = await textIn('response.json');
  await page.getByRole('button', { name: /Execute query/ }).click();
  await until(async () => (await textIn('response.json')) !== before && (await textIn('response.json')).trim().endsWith('}'));
  return JSON.parse(await textIn('response.json'));
}

/** Runs the operation of a tab. @returns its answer, once it is shown */
async function run(tab: string) {
  await openTab(tab);
  return execute();
}

/** The cookie of the session, as a request carries it. */
async function sessionCookie(): Promise<{ header: string; value: string }> {
  const [cookie] = await page.context().cookies();
  expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict' });
  return { header: `${cookie?.name}=${cookie?.value}`, value: String(cookie?.value) };
}

/** The status with which an operation is answered that carries this cookie. */
async function statusWith({ header }: { header: string }): Promise<number> {
  const headers = { cookie: header, 'content-type': 'application/json' };
  const { status } = await fetch(`${app.url}/graphql`, { method: 'POST', headers, body: '{"query":"{ viewer { clientId } }"}' });
  return status;
}

/** Everything on the page and beside it that a script can read. */
async function readable(): Promise<string> {
  await editors();
  return page.evaluate<string>(`JSON.stringify([
    { ...localStorage },
    { ...sessionStorage },
    [document.cookie, location.href, history.state, window.name],
    document.documentElement.outerHTML,
    [...document.querySelectorAll('input')].map(({ value }) => value),
    __MONACO.editor.getModels().map((model) => model.getValue()),
  ])`);
}

/** Ends whatever the administrator has. */
async function revokeAdmin(): Promise<void> {
  const { status } = await app.administer('mutation ($id: String!) { revokeClientTokens(clientId: $id) { lastTokenExpiresAt } }', {
    id: app.admin.clientId,
  });
  expect(status).toBe(200);
}

itInChromium(
  'signs in, runs createClient, and shows a secret that works',
  async () => {
    await signInAsAdmin();
    const { data } = await run('createClient');
    const { clientSecret, client } = data.createClient as { clientSecret: string; client: { clientId: string } };
    expect((await requestToken(app, { clientId: client.clientId, secret: clientSecret })).status).toBe(200);
    expect(await page.locator('.graphiql-response').textContent()).toContain('clientSecret');
    const stored = await page.evaluate<string>(
      'JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, location.href])',
    );
    for (const secret of [clientSecret, app.admin.secret, 'lk_', 'eyJ']) expect(stored).not.toContain(secret);
    expect([...origins]).toEqual([app.url]);
    expect(complaints).toEqual([]);
  },
  60_000,
);

itInChromium(
  'has an example of every operation that runs',
  async () => {
    await signInAsAdmin();
    for (const tab of ['viewer', 'clients', 'client', 'updateClient']) expect((await run(tab)).data).toHaveProperty(tab);
    expect((await run('deleteClient')).data).toHaveProperty('deleteClient.clientId', 'sales-board');
    expect(complaints).toEqual([]);
  },
  60_000,
);

itInChromium(
  'keeps the session over a reload',
  async () => {
    await signInAsAdmin();
    await open();
    await page.getByText('Signed in as admin').waitFor();
    await page.getByText(/^Session ends in (1 hour|\d+ minutes)$/).waitFor();
    expect((await run('viewer')).data).toHaveProperty('viewer.clientId', 'admin');
    expect(complaints).toEqual([]);
  },
  60_000,
);

itInChromium(
  'has nothing that signs somebody in where a script could read it',
  async () => {
    await page.getByLabel('Secret key').fill(app.admin.secret);
    expect(await readable()).toContain(app.admin.secret);
    await signInAsAdmin();
    const { value } = await sessionCookie();
    for (const secret of [app.admin.secret, value]) expect(await readable()).not.toContain(secret);
    await signOut();
    expect(await readable()).not.toContain(app.admin.secret);
    await open();
    for (const secret of [app.admin.secret, value]) expect(await readable()).not.toContain(secret);
  },
  60_000,
);

itInChromium(
  'signs out, and the server takes the cookie no more',
  async () => {
    await signInAsAdmin();
    const cookie = await sessionCookie();
    expect(await statusWith(cookie)).toBe(200);
    await signOut();
    expect(await statusWith(cookie)).toBe(401);
    expect(await page.context().cookies()).toEqual([]);
    expect((await run('viewer')).errors?.[0]?.message).toContain('access token');
    await page.getByText('sign in, then run it again').waitFor();
    await open();
    await signInButton().waitFor();
    expect(complaints).toEqual([]);
  },
  60_000,
);

itInChromium(
  'stays signed in when signing out fails',
  async () => {
    await signInAsAdmin();
    await page.route('**/session', (route) => route.abort());
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByText('The server cannot be reached. You may still be signed in').waitFor();
    await page.unroute('**/session');
    await signOut();
    expect(complaints).toEqual([]);
  },
  60_000,
);

itInChromium(
  'says that a pair is wrong without saying which',
  async () => {
    for (const pair of [
      { ...app.admin, secret: 'wrong' },
      { ...app.admin, clientId: 'nobody' },
    ]) {
      await open();
      await signIn(pair);
      await page.getByText('The client id or the secret key is wrong.').waitFor();
      expect(await page.getByLabel('Secret key').inputValue()).toBe('');
    }
    await signInAsAdmin();
    expect(await page.locator('.bar-alert').textContent()).toBe('');
    expect(complaints).toEqual([]);
  },
  60_000,
);

itInChromium(
  'tells a client without rights to manage Latchkey that it has none',
  async () => {
    await signIn(await createClient(app, { clientId: 'powerless' }));
    await page.getByText('This client has no right to manage Latchkey.').waitFor();
    expect(await page.context().cookies()).toEqual([]);
    expect(await readable()).not.toContain('lk_');
    expect(complaints).toEqual([]);
  },
  60_000,
);

itInChromium(
  'says why nobody is signed in when the server does not answer',
  async () => {
    const answers = [
      {
        answer: { status: 429, headers: { 'retry-after': '42' } },
        said: 'Too many attempts have failed. You are not signed in; try again in 42',
      },
      {
        answer: { status: 503, headers: { 'retry-after': '5' } },
        said: 'The server is busy. You are not signed in; try again in 5 seconds.',
      },
      { answer: undefined, said: 'The server cannot be reached. You are not signed in' },
    ];
    await signInButton().waitFor();
    for (const { answer, said } of answers) {
      await page.route('**/session', (route) => (answer ? route.fulfill({ ...answer, json: {} }) : route.abort()));
      await signIn();
      await page.getByText(said).waitFor();
      await page.unroute('**/session');
    }
    await signInAsAdmin();
    expect(complaints).toEqual([]);
  },
  60_000,
);

itInChromium(
  'says that it does not know who is signed in when the server does not tell',
  async () => {
    await page.route('**/session', (route) => route.fulfill({ status: 503, headers: { 'retry-after': '5' }, json: {} }));
    await open();
    await page.getByText('Whether you are signed in is not known; reload this page in 5 seconds.').waitFor();
    await page.unroute('**/session');
    await signInAsAdmin();
    expect(complaints).toEqual([]);
  },
  60_000,
);

itInChromium(
  'says that the session has ended when the server took it away, and lets somebody in again',
  async () => {
    await signInAsAdmin();
    await revokeAdmin();
    expect((await run('viewer')).errors).toHaveLength(1);
    await page.getByText('The session has ended. Sign in again to go on.').waitFor();
    expect(await page.getByLabel('Client Id').inputValue()).toBe('admin');
    await signInAsAdmin();
    expect((await run('viewer')).data).toHaveProperty('viewer.clientId', 'admin');
    expect(complaints).toEqual([]);
  },
  60_000,
);

itInChromium(
  'says that the session has expired when its time is over',
  async () => {
    await page.clock.install();
    await open();
    await signInAsAdmin();
    await page.clock.fastForward('59:00');
    await page.getByText(/^Session ends in (1 minute|\d+ seconds)$/).waitFor();
    await page.clock.fastForward('01:01');
    await page.getByText('The session has expired. Sign in again to go on.').waitFor();
    await signInButton().waitFor();
    expect(complaints).toEqual([]);
  },
  60_000,
);

itInChromium(
  'notices what happened in another window when somebody comes back',
  async () => {
    await signInButton().waitFor();
    const other = await page.context().newPage();
    await open(other);
    await signInAsAdmin(other);
    await page.evaluate("window.dispatchEvent(new Event('focus'))");
    await page.getByText('Signed in as admin').waitFor();
    await signOut(other);
    await page.evaluate("window.dispatchEvent(new Event('focus'))");
    await page.getByText('The session has ended. Sign in again to go on.').waitFor();
    expect(complaints).toEqual([]);
  },
  60_000,
);

itInChromium(
  'lets a token from the headers go before the session',
  async () => {
    const reader = await createClient(app, { clientId: 'reader', scopes: ['clients:read'] });
    const token = await getToken(app, reader, { resource: `${app.url}/graphql` });
    await signInAsAdmin();
    await openTab('viewer');
    await page.getByRole('button', { name: 'Headers', exact: true }).click();
    await write('request-headers.json', JSON.stringify({ Authorization: `Bearer ${token}` }));
    expect((await execute()).data).toHaveProperty('viewer.clientId', 'reader');
    await page.getByText('Signed in as admin').waitFor();
    expect(complaints).toEqual([]);
  },
  60_000,
);

itInChromium(
  'offers the identity provider where there is one',
  async () => {
    await signInButton().waitFor();
    expect(await page.getByRole('link', { name: /^Continue with/ }).count()).toBe(0);
    const { body } = await app.administer('mutation ($input: IdentityProviderInput!) { setIdentityProvider(input: $input) { name } }', {
      input: {
        name: 'Company login',
        issuer: 'http://localhost:9',
        clientId: 'latchkey',
        clientSecret: 'secret',
        claim: 'groups',
        grants: [{ value: 'admins', scopes: ['clients:read'] }],
      },
    });
    expect(body.errors).toBeUndefined();
    await open();
    const link = page.getByRole('link', { name: 'Continue with Company login' });
    await link.waitFor();
    expect(complaints).toEqual([]);
    await link.click();
    await page.waitForURL(`${app.url}/session/start`);
    expect([...origins]).toEqual([app.url]);
  },
  60_000,
);

itInChromium(
  'shows the schema to somebody who is not signed in, and to somebody whose session has ended',
  async () => {
    await openDocumentation();
    await signInAsAdmin();
    await revokeAdmin();
    await open();
    await signInButton().waitFor();
    await openDocumentation();
    expect([...origins]).toEqual([app.url]);
  },
  60_000,
);

async function openDocumentation(): Promise<void> {
  await page.getByRole('button', { name: /Documentation Explorer/ }).click();
  await page
    .getByRole('link', { name: 'Mutation', exact: true })
    .or(page.getByText('Mutation', { exact: true }))
    .first()
    .waitFor();
}
