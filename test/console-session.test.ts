import type { Locator, Page } from 'playwright-core';
import { createClient } from '../testbed/app.js';
import { accountOf, dialog, itInChromium, readable, setUpConsole, signOut } from '../testbed/console.js';

const web = setUpConsole();
const ENDED = 'The session has ended. Sign in again to go on.';

function signInButton(where: Page = web.page) {
  return where.getByRole('button', { name: 'Sign in', exact: true });
}

/** The cookie of the session, as a request carries it. */
async function sessionCookie(): Promise<{ header: string; value: string }> {
  const [cookie] = await web.page.context().cookies();
  expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict' });
  return { header: `${cookie?.name}=${cookie?.value}`, value: String(cookie?.value) };
}

/** The status with which an operation is answered that carries this cookie. */
async function statusWith({ header }: { header: string }): Promise<number> {
  const headers = { cookie: header, 'content-type': 'application/json' };
  const { status } = await fetch(`${web.app.url}/graphql`, { method: 'POST', headers, body: '{"query":"{ viewer { clientId } }"}' });
  return status;
}

/** Ends whatever a client has. */
async function revoke(clientId = web.app.admin.clientId): Promise<void> {
  const { status } = await web.app.administer('mutation ($id: String!) { revokeClientTokens(clientId: $id) { lastTokenExpiresAt } }', {
    id: clientId,
  });
  expect(status).toBe(200);
}

/** Saves when the session has ended. A poll of the page may find that out first, and then the button is hidden, or gone. */
async function saveRevoked(drawer: Locator): Promise<void> {
  const save = await drawer.getByRole('button', { name: 'Save' }).elementHandle();
  await revoke();
  await save?.evaluate((button) => (button as unknown as { click(): void }).click());
}

itInChromium('says where the first secret is, and keeps the session over a reload', async () => {
  await web.open();
  await web.page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await web.page.getByText('npm run admin:reset').waitFor();
  await web.enter();
  await accountOf(web.page).waitFor();
  await web.page.reload();
  await accountOf(web.page).click();
  await web.page.getByText('Signed in as admin').waitFor();
  await web.page.getByText(/^Session ends in (1 hour|\d+ minutes)$/).waitFor();
  expect(web.complaints).toEqual([]);
});

itInChromium('takes a secret that was copied with the blanks around it', async () => {
  const { clientId, secret } = web.app.admin;
  await web.open();
  await web.enter({ clientId, secret: `  ${secret}\t` });
  await accountOf(web.page).waitFor();
});

itInChromium('has nothing that signs somebody in where a script could read it', async () => {
  const { page, app } = web;
  await web.open();
  await page.getByLabel('Secret key').fill(app.admin.secret);
  expect(await readable(page, app.admin.secret)).toEqual([app.admin.secret]);
  await web.enter();
  await accountOf(page).waitFor();
  const { value } = await sessionCookie();
  expect(await readable(page, app.admin.secret, value)).toEqual([]);
  await signOut(page);
  await page.getByText('Signed out.').waitFor();
  expect(await readable(page, app.admin.secret, value)).toEqual([]);
});

itInChromium('signs out, and the server takes the cookie no more', async () => {
  await web.signIn();
  const cookie = await sessionCookie();
  expect(await statusWith(cookie)).toBe(200);
  await signOut(web.page);
  await web.page.getByText('Signed out.').waitFor();
  expect(await statusWith(cookie)).toBe(401);
  expect(await web.page.context().cookies()).toEqual([]);
  expect(await web.page.getByText('Administrator').count()).toBe(0);
  expect(web.complaints).toEqual([]);
});

itInChromium('stays signed in when signing out fails', async () => {
  await web.signIn();
  await web.page.route('**/session', (route) => route.abort());
  await signOut(web.page);
  await web.page.getByText('The server cannot be reached. You may still be signed in').waitFor();
  await web.page.unroute('**/session');
  await web.page.locator('button:focus', { hasText: 'Sign out' }).waitFor();
  await web.page.keyboard.press('Escape');
  await accountOf(web.page).and(web.page.locator(':focus')).waitFor();
  await signOut(web.page);
  await web.page.getByText('Signed out.').waitFor();
  expect(web.complaints).toEqual([]);
});

itInChromium('says that a pair is wrong without saying which', async () => {
  const { page, app } = web;
  for (const pair of [
    { ...app.admin, secret: 'wrong' },
    { ...app.admin, clientId: 'nobody' },
  ]) {
    await web.open();
    await web.enter(pair);
    await page.getByText('The client id or the secret key is wrong.').waitFor();
    expect(await page.getByLabel('Secret key').inputValue()).toBe('');
  }
  await web.enter();
  await accountOf(page).waitFor();
  expect(web.complaints).toEqual([]);
});

itInChromium('tells a client without rights to manage Latchkey that it has none', async () => {
  await web.open();
  await web.enter(await createClient(web.app, { clientId: 'powerless' }));
  await web.page.getByText('This client has no right to manage Latchkey.').waitFor();
  expect(await web.page.context().cookies()).toEqual([]);
  expect(await readable(web.page, 'lk_')).toEqual([]);
  expect(web.complaints).toEqual([]);
});

itInChromium('says why nobody is signed in when the server does not answer', async () => {
  const answers = [
    {
      answer: { status: 429, headers: { 'retry-after': '42' } },
      said: 'There were too many attempts. You are not signed in; try again in 42',
    },
    {
      answer: { status: 503, headers: { 'retry-after': '5' } },
      said: 'The server is busy. You are not signed in; try again in 5 seconds.',
    },
    { answer: undefined, said: 'The server cannot be reached. You are not signed in' },
  ];
  await web.open();
  await signInButton().waitFor();
  for (const { answer, said } of answers) {
    await web.page.route('**/session', (route) => (answer ? route.fulfill({ ...answer, json: {} }) : route.abort()));
    await web.enter();
    await web.page.getByText(said).waitFor();
    await web.page.unroute('**/session');
  }
  await web.enter();
  await accountOf(web.page).waitFor();
  expect(web.complaints).toEqual([]);
});

itInChromium('says that it does not know who is signed in when the server does not tell', async () => {
  await web.page.route('**/session', (route) => route.fulfill({ status: 503, headers: { 'retry-after': '5' }, json: {} }));
  await web.open();
  await web.page.getByText('Whether you are signed in is not known; reload this page in 5 seconds.').waitFor();
  await web.page.unroute('**/session');
  await web.enter();
  await accountOf(web.page).waitFor();
  expect(web.complaints).toEqual([]);
});

itInChromium('comes back to the same page, with all that was typed, after a session that ended', async () => {
  const { page } = web;
  await web.signIn('/?search=adm&sort=-used');
  await page.getByRole('button', { name: 'New Client' }).click();
  const drawer = dialog(page, 'New Client');
  await drawer.getByLabel('Name', { exact: true }).fill('Half written');
  await saveRevoked(drawer);
  await page.getByText(ENDED).waitFor();
  await page.getByText('What you had open is still here.').waitFor();
  expect(await page.getByRole('form', { name: 'Sign in' }).getByLabel('Client Id').inputValue()).toBe('admin');
  expect(await drawer.isVisible()).toBe(false);
  await web.enter();
  expect(await drawer.getByLabel('Name', { exact: true }).inputValue()).toBe('Half written');
  expect(new URL(page.url()).search).toBe('?search=adm&sort=-used');
  await drawer.getByRole('button', { name: 'Save' }).click();
  await dialog(page, 'Copy the secret key now').waitFor();
  expect(web.complaints).toEqual([]);
});

itInChromium('shows nothing of what one had open to another who signs in after', async () => {
  const { page, app } = web;
  const reader = await createClient(app, { clientId: 'second-reader', name: 'Reader', scopes: ['clients:read'] });
  await web.signIn();
  await page.getByRole('button', { name: 'New Client' }).click();
  await dialog(page, 'New Client').getByLabel('Name', { exact: true }).fill('Only mine');
  await saveRevoked(dialog(page, 'New Client'));
  await page.getByText(ENDED).waitFor();
  await web.enter(reader);
  await accountOf(page, 'second-reader').waitFor();
  await page.getByRole('link', { name: 'Reader' }).waitFor();
  expect(await readable(page, 'Only mine')).toEqual([]);
  expect(await page.getByRole('button', { name: /^(New Client|Edit|Delete)/ }).count()).toBe(0);
  expect(await page.getByRole('link', { name: /^(Activity|Signing keys|Tenants)$/ }).count()).toBe(0);
  await web.open('/signing-keys');
  await page.getByText('This page is not yours to see').waitFor();
  expect(web.complaints).toEqual([]);
});

itInChromium('says that the session has expired when its time is over', async () => {
  const { page } = web;
  await page.clock.install();
  await web.signIn();
  await page.clock.fastForward('59:00');
  await accountOf(page).click();
  await page.getByText(/^Session ends in (1 minute|2 minutes|\d+ seconds)$/).waitFor();
  await page.clock.fastForward('01:05');
  await page.getByText('The session has expired. Sign in again to go on.').waitFor();
  await signInButton().waitFor();
  expect(web.complaints).toEqual([]);
});

itInChromium('notices what happened in another window when somebody comes back', async () => {
  const { page } = web;
  await web.open();
  await signInButton().waitFor();
  const other = await page.context().newPage();
  await web.open('/', other);
  await web.enter(web.app.admin, other);
  await accountOf(other).waitFor();
  await page.evaluate("window.dispatchEvent(new Event('focus'))");
  await accountOf(page).waitFor();
  await signOut(other);
  await other.getByText('Signed out.').waitFor();
  await page.evaluate("window.dispatchEvent(new Event('focus'))");
  await page.getByText(ENDED).waitFor();
  expect(web.complaints).toEqual([]);
});

itInChromium('offers the identity provider where there is one, and remembers the page', async () => {
  const { page, app } = web;
  await web.open('/activity');
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
  await web.open('/activity');
  const link = page.getByRole('link', { name: 'Continue with Company login' });
  await link.click();
  await page.waitForURL(`${app.url}/session/start`);
  await page.getByRole('link', { name: 'Back to the sign-in page' }).click();
  await page.waitForURL(`${app.url}/activity`);
  expect([...web.origins]).toEqual([app.url]);
  expect(web.complaints).toEqual([]);
});
