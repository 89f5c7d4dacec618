import { createClient, requestToken } from '../testbed/app.js';
import { accountOf, dialog, inMemory, itInChromium, meddler, readable, setUpConsole, signOut } from '../testbed/console.js';
import { until } from '../testbed/process.js';

const web = setUpConsole();

async function revokeAdmin(): Promise<void> {
  await web.app.api.revokeClientTokens('admin');
}

/** Makes a client by hand. @returns the secret, which is still on the page */
async function createByHand(name: string): Promise<string> {
  const { page } = web;
  await page.getByRole('button', { name: 'New Client' }).click();
  await dialog(page, 'New Client').getByLabel('Name', { exact: true }).fill(name);
  await dialog(page, 'New Client').getByRole('button', { name: 'Save' }).click();
  return dialog(page, 'Copy the secret key now').getByLabel('Secret key', { exact: true }).inputValue();
}

itInChromium('stays open while an answer is awaited, and says what it was', async () => {
  const { page } = web;
  await web.signIn();
  const release = await (await meddler(page)).hold('DeleteClient');
  await page.getByRole('button', { name: 'Delete Administrator' }).click();
  const asked = dialog(page, 'Delete Administrator?');
  await asked.getByLabel('Type the Client Id to confirm').fill('admin');
  await asked.getByRole('button', { name: 'Delete client' }).click();
  await page.keyboard.press('Escape');
  expect(await asked.getByRole('button', { name: 'Cancel' }).isDisabled()).toBe(true);
  await release();
  await asked
    .getByText(/No other enabled client with a secret or a key has the scopes clients:read, clients:write, .*Nothing was changed/)
    .waitFor();
  expect(web.complaints).toEqual([]);
});

itInChromium('goes on as before after a session that ended: the list answers, and is read anew', async () => {
  const { page, app } = web;
  await createClient(app, { clientId: 'sleeper', name: 'Sleeper' });
  await app.api.updateClient('sleeper', { enabled: false });
  await web.signIn();
  await page.getByRole('link', { name: 'Sleeper' }).waitFor();
  await revokeAdmin();
  await page.evaluate("window.dispatchEvent(new Event('focus'))");
  await page.getByText('The session has ended.').waitFor();
  await createClient(app, { clientId: 'newcomer', name: 'Newcomer' });
  await web.enter();
  await page.getByRole('link', { name: 'Newcomer' }).waitFor();
  await page.getByText('Disabled', { exact: true }).first().click();
  await page.getByRole('link', { name: 'Newcomer' }).waitFor({ state: 'detached' });
  expect(await page.getByRole('link', { name: 'Sleeper' }).isVisible()).toBe(true);
});

itInChromium('keeps a secret that waits for its owner, whoever signs in elsewhere and whatever keys are pressed', async () => {
  const { page, app } = web;
  const other = await createClient(app, { clientId: 'other', name: 'Other', scopes: ['clients:read'] });
  await web.signIn();
  const secret = await createByHand('Waiting for its owner');
  const window = await page.context().newPage();
  await web.open('/', window);
  await signOut(window);
  await window.getByText('Signed out.').waitFor();
  await web.enter(other, window);
  await accountOf(window, 'other').waitFor();
  await page.evaluate("window.dispatchEvent(new Event('focus'))");
  await page.getByText('Somebody else has signed in in another window.').waitFor();
  for (const key of ['Escape', 'n', '/']) await page.keyboard.press(key);
  await web.enter();
  const shown = dialog(page, 'Copy the secret key now');
  expect(await shown.getByLabel('Secret key', { exact: true }).inputValue()).toBe(secret);
  expect(await page.getByRole('dialog').count()).toBe(1);
});

itInChromium('leaves nothing of one session to the next: no secret, no note', async () => {
  const { page, app } = web;
  await web.signIn();
  await page.getByRole('link', { name: 'API explorer' }).click();
  await page.locator('.graphiql-query-editor .monaco-editor').first().waitFor();
  const answer = page.waitForResponse(
    (response) => response.url().endsWith('/graphql') && response.request().postData()?.includes('createClient(') === true,
  );
  await page.getByRole('button', { name: /Execute query/ }).click();
  const { data } = await (await answer).json();
  const secret = data.createClient.clientSecret;
  await page.getByRole('link', { name: 'Clients' }).click();
  await page.getByRole('button', { name: 'Edit Sales board' }).click();
  await dialog(page, 'Edit Sales board').getByText('8 hours').click();
  await dialog(page, 'Edit Sales board').getByRole('button', { name: 'Save' }).click();
  await page.getByText('Sales board was saved.').waitFor();
  await signOut(page);
  await page.getByText('Signed out.').waitFor();
  expect(await inMemory(page, secret)).toEqual([]);
  await web.enter();
  await accountOf(page).waitFor();
  expect(await readable(page, 'was saved', secret)).toEqual([]);
  expect((await requestToken(app, { clientId: 'sales-board', secret })).status).toBe(200);
});

itInChromium('takes what they did not touch from both sides of a conflict, however often it comes to one', async () => {
  const { page, app } = web;
  await createClient(app, { clientId: 'twice', name: 'Twice', scopes: ['orders:read'] });
  const theirs = (input: object) =>
    app.administer('mutation ($input: UpdateClientInput!) { updateClient(clientId: "twice", input: $input) { id } }', { input });
  await web.signIn('/?search=twice');
  await page.getByRole('button', { name: 'Edit Twice' }).click();
  const drawer = dialog(page, 'Edit Twice');
  await drawer.getByLabel('Access token lifetime').fill('900');
  await theirs({ scopes: ['orders:read', 'orders:write'] });
  await drawer.getByRole('button', { name: 'Save' }).click();
  await drawer.getByRole('button', { name: 'Save my changes' }).waitFor();
  await theirs({ audiences: ['https://api.example.com'] });
  await drawer.getByRole('button', { name: 'Save my changes' }).click();
  await drawer.getByText('https://api.example.com').waitFor();
  await drawer.getByRole('button', { name: 'Save my changes' }).click();
  await page.getByText('Twice was saved.').waitFor();
  const { body } = await app.administer('{ client(clientId: "twice") { accessTokenLifetime scopes audiences } }');
  expect(body.data.client).toEqual({
    accessTokenLifetime: 900,
    scopes: ['orders:read', 'orders:write'],
    audiences: ['https://api.example.com'],
  });
});

itInChromium('does not answer a question before the server has', async () => {
  const { page, app } = web;
  await createClient(app, { clientId: 'there', name: 'There it is' });
  await web.signIn('/?search=zzzz');
  await page.getByRole('heading', { name: 'Nothing found' }).waitFor();
  const { hold, fail } = await meddler(page);
  const release = await hold('Clients', ({ search }) => search === 'there');
  await page.getByLabel('Search clients').fill('there');
  await page.getByRole('status', { name: 'Loading' }).waitFor();
  expect(await page.getByRole('heading', { name: 'Nothing found' }).count()).toBe(0);
  await release();
  await page.getByRole('link', { name: 'There it is' }).waitFor();
  const mend = await fail('Clients');
  await page.getByText('Disabled', { exact: true }).first().click();
  await page.getByRole('heading', { name: 'The clients could not be read' }).waitFor();
  expect(await page.getByRole('link', { name: 'There it is' }).count()).toBe(0);
  await mend();
  await fail('ClientUsage');
  await web.open('/client?id=there');
  await page.getByText('30 d', { exact: true }).click();
  await page.getByRole('heading', { name: 'The use could not be read' }).waitFor();
});

itInChromium('says when the page before could not be found, and stays', async () => {
  const { page, app } = web;
  for (let number = 0; number < 60; number += 1) await createClient(app, { clientId: `filler-${number}`, name: `Filler ${number}` });
  await web.signIn('/?search=filler');
  await page.getByRole('button', { name: 'Next' }).click();
  await until(() => new URL(page.url()).searchParams.has('after'));
  const { hold, fail } = await meddler(page);
  const mend = await fail('CursorsBefore');
  await page.getByRole('button', { name: 'Previous' }).click();
  await page.getByText('The server cannot be reached. Try again.').waitFor();
  expect(new URL(page.url()).searchParams.has('after')).toBe(true);
  await mend();
  const release = await hold('CursorsBefore');
  await page.getByRole('button', { name: 'Previous' }).click();
  await page.getByText('Never used', { exact: true }).click();
  await until(() => new URL(page.url()).searchParams.get('filter') === 'never-used');
  await release();
  await page.getByLabel('60 clients').waitFor();
  expect(new URL(page.url()).searchParams.get('filter')).toBe('never-used');
});

itInChromium('rotates after a conflict, once what changed was seen, and without a key that works', async () => {
  const { page, app } = web;
  await createClient(app, { clientId: 'stubborn', name: 'Stubborn' });
  await web.signIn('/client?id=stubborn&tab=secrets');
  await page.getByRole('button', { name: 'Revoke' }).click();
  const last = dialog(page, /^Revoke the key that ends in/);
  await last.getByText('It is the only key that works').waitFor();
  expect(await last.getByRole('button', { name: 'Revoke', exact: true }).count()).toBe(0);
  await page.keyboard.press('Escape');
  await until(async () => (await page.evaluate('document.activeElement?.textContent')) === 'Revoke');
  await page.getByRole('button', { name: 'Revoke' }).click();
  await last.getByRole('button', { name: 'Rotate' }).click();
  const asked = dialog(page, 'Rotate the secret key');
  await asked.getByText('The current key was never used.').waitFor();
  await app.api.updateClient('stubborn', { enabled: false });
  const { body } = await app.administer('{ client(clientId: "stubborn") { secrets { id } } }');
  await app.administer('mutation ($id: ID!) { revokeClientSecret(clientId: "stubborn", secretId: $id) { id } }', {
    id: body.data.client.secrets[0].id,
  });
  await asked.getByRole('button', { name: 'Rotate' }).click();
  await asked.getByText('No key works at the moment.').waitFor();
  expect(await asked.getByRole('radio').count()).toBe(0);
  await asked.getByRole('button', { name: 'Rotate' }).click();
  await dialog(page, 'Copy the secret key now').waitFor();
});

itInChromium('shows a secret that was made even when nothing more of the page can be loaded', async () => {
  const { page } = web;
  await web.signIn();
  await page.getByRole('button', { name: 'New Client' }).click();
  const drawer = dialog(page, 'New Client');
  await drawer.getByLabel('Name', { exact: true }).fill('Just in time');
  await page.route('**/assets/**', (route) => route.abort());
  await drawer.getByRole('button', { name: 'Save' }).click();
  const shown = dialog(page, 'Copy the secret key now');
  expect(await shown.getByLabel('Secret key', { exact: true }).inputValue()).toMatch(/^lk_/);
  await shown.getByRole('tab', { name: 'Node' }).focus();
  for (const key of ['n', '/', 'Escape']) await page.keyboard.press(key);
  expect(await shown.getByLabel('Secret key', { exact: true }).inputValue()).toMatch(/^lk_/);
});

itInChromium('says that a part of the page could not be loaded, and keeps the rest', async () => {
  const { page } = web;
  await web.signIn();
  await page.route('**/assets/**', (route) => route.abort());
  await page.getByRole('button', { name: 'New Client' }).click();
  await page.getByRole('dialog').getByText('This part of the page could not be loaded').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('link', { name: 'Signing keys' }).click();
  await page.getByRole('heading', { name: 'This part of the page could not be loaded' }).waitFor();
  await page.getByRole('link', { name: 'Clients' }).click();
  await page.getByRole('table', { name: 'Clients' }).waitFor();
  await page.unroute('**/assets/**');
  await page.getByRole('link', { name: 'Signing keys' }).click();
  await page.getByRole('button', { name: 'Reload the page' }).click();
  await page.getByRole('table', { name: 'Signing keys' }).waitFor();
});
