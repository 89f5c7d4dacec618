import type { Route } from 'playwright-core';
import { createClient, requestToken } from '../testbed/app.js';
import { resetClock, stopClock } from '../testbed/clock.js';
import { dialog, itInChromium, setUpConsole } from '../testbed/console.js';
import { until } from '../testbed/process.js';

const web = setUpConsole();

afterEach(resetClock);

/** Answers operations of this name otherwise than the server would. @returns what undoes it */
async function meddle(operation: string, answer: (route: Route) => Promise<void>): Promise<() => Promise<void>> {
  const handle = async (route: Route) => {
    const isMeant = route.request().method() === 'POST' && route.request().postDataJSON().operationName === operation;
    await (isMeant ? answer(route) : route.continue());
  };
  await web.page.route('**/graphql', handle);
  return () => web.page.unroute('**/graphql', handle);
}

const away = (route: Route) => route.abort();
const answering =
  (status: number, headers: Record<string, string> = {}) =>
  (route: Route) =>
    route.fulfill({ status, headers, json: {} });

async function openNew(name: string) {
  await web.page.getByRole('button', { name: 'New Client' }).click();
  const drawer = dialog(web.page, 'New Client');
  await drawer.getByLabel('Name', { exact: true }).fill(name);
  return drawer;
}

itInChromium('says that the clients could not be read, and tries again by itself', async () => {
  const { page } = web;
  await web.signIn('/activity');
  let asked = 0;
  const undo = await meddle('Clients', async (route) => {
    asked += 1;
    await answering(503, { 'retry-after': '1' })(route);
  });
  await page.getByRole('link', { name: 'Clients' }).click();
  await page.getByRole('heading', { name: 'The clients could not be read' }).waitFor();
  await page.getByText('The server is busy or its database is away. It can be tried again in 1 second.').waitFor();
  await until(() => asked > 1);
  await undo();
  await page.getByRole('table', { name: 'Clients' }).waitFor();
  expect(web.complaints).toEqual([]);
});

itInChromium('keeps what it has read when the server goes away, and says how old it is', async () => {
  const { page } = web;
  await page.clock.install();
  await web.signIn();
  await page.getByRole('table', { name: 'Clients' }).waitFor();
  const undo = await meddle('ClientsNow', away);
  await page.clock.fastForward('00:31');
  await page.getByText('The server cannot be reached. What is shown was read before.').waitFor();
  expect(await page.getByRole('table', { name: 'Clients' }).isVisible()).toBe(true);
  await undo();
  await page.getByRole('button', { name: /^Try again/ }).click();
  await page.getByText('What is shown was read before.').waitFor({ state: 'hidden' });
  expect(web.complaints).toEqual([]);
});

itInChromium('says when too many requests were made', async () => {
  const { page } = web;
  await web.signIn();
  const undo = await meddle('SigningKeys', answering(429, { 'retry-after': '30' }));
  await page.getByRole('link', { name: 'Signing keys' }).click();
  await page.getByText('There were too many requests. It can be tried again in 30 seconds.').waitFor();
  await undo();
  await page.getByRole('button', { name: /^Try again \(in \d+ s\)$/ }).click();
  await page.getByRole('table', { name: 'Signing keys' }).waitFor();
});

itInChromium("says what the tenant's limit is when it is reached", async () => {
  const { app } = web;
  const limit = (most: number) =>
    app.administer(`mutation { updateTenant(host: "localhost:${app.port}", input: { maxMutationsPerMinute: ${most} }) { host } }`);
  await web.signIn();
  // The limit is of the minute of the clock, which must not turn before the button is pressed.
  stopClock();
  expect((await limit(1)).body.errors).toBeUndefined();
  const drawer = await openNew('One too many');
  await drawer.getByRole('button', { name: 'Save' }).click();
  await drawer.getByText('The tenant has made as many changes as it may in a minute (1).').waitFor();
  expect((await limit(60_000)).body.errors).toBeUndefined();
});

itInChromium('shows the shape of what is on its way when it takes a while', async () => {
  const { page } = web;
  await web.signIn('/activity');
  let release = () => {};
  const undo = await meddle('Clients', async (route) => {
    await new Promise<void>((resolve) => {
      release = resolve;
    });
    await route.continue();
  });
  await page.getByRole('link', { name: 'Clients' }).click();
  await page.getByRole('status', { name: 'Loading' }).waitFor();
  release();
  await page.getByRole('table', { name: 'Clients' }).waitFor();
  await undo();
});

itInChromium('puts faults at their fields, and loses nothing that was typed', async () => {
  const { page } = web;
  await web.signIn();
  const drawer = await openNew('');
  await drawer.getByRole('button', { name: 'Save' }).click();
  await drawer.getByText('Give the application a name.').waitFor();
  await drawer.getByText('Give it a client id.').waitFor();
  await drawer.getByLabel('Name', { exact: true }).fill('Faulty');
  await drawer.getByLabel('Client Id').fill('ä b');
  await drawer.getByLabel('Access token lifetime').fill('0');
  await drawer.getByRole('button', { name: 'Save' }).click();
  await drawer.getByText('“ä” cannot be in a client id').waitFor();
  await drawer.getByText('Give a whole number of seconds from 1 to 31,536,000.').waitFor();
  await drawer.getByLabel('Client Id').fill('faulty');
  await drawer.getByLabel('Access token lifetime').fill('60');
  await drawer.getByLabel('Audiences').fill('not-a-uri');
  await page.keyboard.press('Enter');
  await drawer.getByRole('button', { name: 'Save' }).click();
  await until(async () => (await drawer.getByLabel('Audiences').getAttribute('aria-invalid')) === 'true');
  expect(await drawer.getByLabel('Name', { exact: true }).inputValue()).toBe('Faulty');
  expect(await drawer.getByLabel('Access token lifetime').inputValue()).toBe('60');
  await page.keyboard.press('Escape');
  await drawer.getByText('Discard what you typed?').waitFor();
  await drawer.getByRole('button', { name: 'Keep editing' }).click();
  expect(await drawer.getByLabel('Name', { exact: true }).inputValue()).toBe('Faulty');
  expect(web.complaints).toEqual([]);
});

itInChromium('says while somebody types that a client id is taken, and does so when another was faster', async () => {
  const { app } = web;
  await createClient(app, { clientId: 'popular' });
  await web.signIn();
  const drawer = await openNew('Popular');
  await drawer.getByText('“popular” is taken. Choose another one.').waitFor();
  await drawer.getByLabel('Client Id').fill('popular-2');
  await drawer.getByLabel('Free').waitFor();
  await createClient(app, { clientId: 'popular-2' });
  await drawer.getByRole('button', { name: 'Save' }).click();
  await until(async () => (await drawer.getByLabel('Client Id').getAttribute('aria-invalid')) === 'true');
  await drawer.getByLabel('Client Id').fill('popular-3');
  await drawer.getByRole('button', { name: 'Save' }).click();
  await dialog(web.page, 'Copy the secret key now').waitFor();
});

itInChromium('creates one client however often Save is pressed', async () => {
  const { page, app } = web;
  await web.signIn();
  let asked = 0;
  await meddle('CreateClient', async (route) => {
    asked += 1;
    await route.continue();
  });
  const drawer = await openNew('Pressed twice');
  await drawer.getByRole('button', { name: 'Save' }).dblclick({ delay: 1 });
  await dialog(page, 'Copy the secret key now').waitFor();
  expect(asked).toBe(1);
  expect((await app.administer('{ clients(search: "pressed") { totalCount } }')).body.data.clients.totalCount).toBe(1);
});

itInChromium('says what is not known when the answer to a creation is lost', async () => {
  const { page } = web;
  await web.signIn();
  await meddle('CreateClient', async (route) => {
    await route.fetch();
    await route.abort();
  });
  const drawer = await openNew('Lost answer');
  await drawer.getByRole('button', { name: 'Save' }).click();
  await drawer.getByText(/Whether the client was created is not known: look for it in the list/).waitFor();
  expect(await drawer.getByLabel('Name', { exact: true }).inputValue()).toBe('Lost answer');
  await drawer.getByText('“lost-answer” is taken').waitFor();
  await page.getByRole('button', { name: 'Edit Lost answer' }).waitFor();
});

itInChromium('shows what somebody else saved in the meantime, and lets neither overwrite the other unseen', async () => {
  const { page, app } = web;
  const { secret } = await createClient(app, { clientId: 'contested', name: 'Contested', scopes: ['orders:read'] });
  await web.signIn('/?search=contested');
  await page.getByRole('button', { name: 'Edit Contested' }).click();
  const drawer = dialog(page, 'Edit Contested');
  await drawer.getByLabel('Access token lifetime').fill('900');
  const theirs = { accessTokenLifetime: 60, scopes: ['orders:read', 'orders:write'] };
  await app.administer('mutation ($input: UpdateClientInput!) { updateClient(clientId: "contested", input: $input) { id } }', {
    input: theirs,
  });
  await drawer.getByRole('button', { name: 'Save' }).click();
  const table = drawer.getByRole('table', { name: 'Yours and theirs' });
  await table.waitFor();
  expect(await table.getByRole('row', { name: /Access token lifetime/ }).textContent()).toContain('15 minutes1 minute');
  expect((await requestToken(app, { clientId: 'contested', secret })).body.expires_in).toBe(60);
  await drawer.getByRole('button', { name: 'Save my changes' }).click();
  await page.getByText('Contested was saved.').waitFor();
  expect((await requestToken(app, { clientId: 'contested', secret })).body).toMatchObject({
    expires_in: 900,
    scope: 'orders:read orders:write',
  });
  expect(web.complaints).toEqual([]);
});

itInChromium('lets nobody rotate over a rotation that they have not seen', async () => {
  const { page, app } = web;
  await createClient(app, { clientId: 'turned', name: 'Turned' });
  await web.signIn('/client?id=turned&tab=secrets');
  await page.getByRole('button', { name: 'Rotate' }).click();
  const asked = dialog(page, 'Rotate the secret key');
  await asked.getByRole('button', { name: 'Rotate' }).waitFor();
  await app.administer('mutation { rotateClientSecret(clientId: "turned") { clientSecret } }');
  await asked.getByRole('button', { name: 'Rotate' }).click();
  await asked.getByText('Nothing was changed.').waitFor();
  await asked.getByText(/Two keys work/).waitFor();
  await page.keyboard.press('Escape');
  await page.reload();
  await page.getByRole('button', { name: 'Rotate' }).click();
  await asked.getByText(/Two keys work/).waitFor();
});

itInChromium('tells what became of a client that somebody deleted meanwhile', async () => {
  const { page, app } = web;
  await createClient(app, { clientId: 'fleeting', name: 'Fleeting' });
  await web.signIn('/?search=fleeting');
  await page.getByRole('button', { name: 'Edit Fleeting' }).waitFor();
  await app.api.deleteClient('fleeting');
  await page.getByRole('button', { name: 'Edit Fleeting' }).click();
  await page.getByText('Somebody deleted it in the meantime.').waitFor();
});

itInChromium('refuses to take the last administrator away, in words', async () => {
  const { page } = web;
  await web.signIn('/?search=administrator');
  await page.getByRole('button', { name: 'Delete Administrator' }).click();
  const asked = dialog(page, 'Delete Administrator?');
  await asked.getByLabel('Type the Client Id to confirm').fill('admin');
  await asked.getByRole('button', { name: 'Delete client' }).click();
  await asked.getByText(/Nothing was changed\./).waitFor();
  expect(await asked.getByRole('alert').textContent()).toMatch(
    /No other enabled client with a secret or a key has the scopes clients:read, clients:write, .* Give them to another client first/,
  );
});

itInChromium('says that the issuers could not be read, and what is not known when the answer to adding one is lost', async () => {
  const { page } = web;
  await web.signIn('/activity');
  const undo = await meddle('TrustedIssuers', answering(503, { 'retry-after': '30' }));
  await page.getByRole('link', { name: 'Trusted issuers' }).click();
  await page.getByRole('heading', { name: 'The trusted issuers could not be read' }).waitFor();
  await undo();
  await page.getByRole('button', { name: /^Try again/ }).click();
  await page.getByRole('button', { name: 'Add issuer' }).click();
  const drawer = dialog(page, 'Add issuer');
  await drawer.getByText('GitHub Actions', { exact: true }).click();
  await meddle('CreateTrustedIssuer', async (route) => {
    await route.fetch();
    await route.abort();
  });
  await drawer.getByRole('button', { name: 'Save' }).click();
  await drawer.getByText(/Whether it is trusted now is not known: look for it in the list/).waitFor();
  await page.getByRole('button', { name: 'Edit GitHub Actions' }).waitFor();
  expect(await drawer.getByLabel('Name', { exact: true }).inputValue()).toBe('GitHub Actions');
});

itInChromium('lets nobody change a way over a change that they have not seen', async () => {
  const { page, app } = web;
  await createClient(app, { clientId: 'turning', name: 'Turning' });
  await web.signIn('/client?id=turning&tab=authentication');
  await page.getByRole('button', { name: 'Change', exact: true }).click();
  const drawer = dialog(page, 'Change how Turning proves itself');
  await drawer.getByLabel('Signed with the secret').check();
  await app.api.updateClient('turning', { accessTokenLifetime: 60 });
  await drawer.getByRole('button', { name: 'Change' }).click();
  await drawer.getByText(/Nothing was changed\./).waitFor();
  await drawer.getByRole('button', { name: 'Change' }).click();
  await dialog(page, 'Copy the secret key now').waitFor();
});
