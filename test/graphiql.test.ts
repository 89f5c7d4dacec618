import type { Browser, Page } from 'playwright-core';
import { requestToken, startApp, type TestApp } from './support/app.js';
import { hasChromium, launchChromium } from './support/chromium.js';
import { until } from './support/process.js';

declare const __MONACO: { editor: { getModels(): { uri: { path: string }; getValue(): string }[] } };

const itInChromium = hasChromium() ? it : it.skip;

let app: TestApp;
let browser: Browser;
let page: Page;
/** What a browser would complain of. */
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
  page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  complaints = [];
  origins = new Set();
  page.on('request', (request) => origins.add(new URL(request.url()).origin));
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().includes('status of 401')) complaints.push(message.text());
  });
  await page.goto(`${app.url}/`);
  await page.locator('.graphiql-query-editor .monaco-editor').first().waitFor();
});
afterEach(() => page?.close());

async function signIn(secret: string): Promise<void> {
  await page.getByLabel('Client Id').fill(app.admin.clientId);
  await page.getByLabel('Secret key').fill(secret);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

/** The text in one of the editors; only the visible lines are in the page itself. */
function textIn(editor: 'operation.graphql' | 'response.json'): Promise<string> {
  return page.evaluate(
    (suffix) =>
      __MONACO.editor
        .getModels()
        .find(({ uri }) => uri.path.endsWith(suffix))
        ?.getValue() ?? '',
    editor,
  );
}

/** Runs the operation of a tab. @returns its answer */
async function run(tab: string): Promise<{ data: Record<string, unknown>; errors?: { message: string }[] }> {
  await page.locator('button.graphiql-tab-button', { hasText: new RegExp(`^${tab}$`) }).click();
  await until(async () => (await textIn('operation.graphql')).includes(` ${tab}`));
  await page.getByRole('button', { name: /Execute query/ }).click();
  await until(async () => (await textIn('response.json')).trim().endsWith('}'));
  return JSON.parse(await textIn('response.json'));
}

itInChromium(
  'signs in, runs createClient, and shows a secret that works',
  async () => {
    await signIn(app.admin.secret);
    await page.getByText('Signed in as admin').waitFor();
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
    await signIn(app.admin.secret);
    await page.getByText('Signed in as admin').waitFor();
    for (const tab of ['viewer', 'clients', 'client', 'updateClient']) expect((await run(tab)).data).toHaveProperty(tab);
    expect((await run('deleteClient')).data).toHaveProperty('deleteClient.clientId', 'sales-board');
    expect(complaints).toEqual([]);
  },
  60_000,
);

itInChromium(
  'says that a pair is wrong without saying which, and signs out',
  async () => {
    await signIn('wrong');
    await page.getByText('The client id or the secret key is wrong.').waitFor();
    await signIn(app.admin.secret);
    await page.getByText('Signed in as admin').waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('button', { name: 'Sign in', exact: true }).waitFor();
    expect((await run('viewer')).errors?.[0]?.message).toContain('access token');
    expect(complaints).toEqual([]);
  },
  60_000,
);

itInChromium(
  'shows the schema to somebody who is not signed in',
  async () => {
    await page.getByRole('button', { name: /Documentation Explorer/ }).click();
    await page
      .getByRole('link', { name: 'Mutation', exact: true })
      .or(page.getByText('Mutation', { exact: true }))
      .first()
      .waitFor();
    expect([...origins]).toEqual([app.url]);
  },
  60_000,
);
