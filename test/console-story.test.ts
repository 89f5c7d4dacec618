import { claimsOf, introspect, requestToken } from '../testbed/app.js';
import { dialog, inMemory, itInChromium, readable, setUpConsole } from '../testbed/console.js';
import { until } from '../testbed/process.js';

const web = setUpConsole();

/** Creates a client by hand. @returns the secret, which is still on the page */
async function createByHand(name: string, { lifetime }: { lifetime?: string } = {}): Promise<string> {
  const { page } = web;
  await page.getByRole('button', { name: 'New Client' }).click();
  const drawer = dialog(page, 'New Client');
  await drawer.getByLabel('Name', { exact: true }).fill(name);
  if (lifetime) await drawer.getByLabel('Access token lifetime').fill(lifetime);
  await drawer.getByRole('button', { name: 'Save' }).click();
  return dialog(page, 'Copy the secret key now').getByLabel('Secret key', { exact: true }).inputValue();
}

/** Says that the secret was saved, and closes the dialog. */
async function putAway(): Promise<void> {
  const shown = dialog(web.page, 'Copy the secret key now');
  await shown.getByLabel('I have saved the secret key').check();
  await shown.getByRole('button', { name: 'Done' }).click();
  await shown.waitFor({ state: 'hidden' });
}

async function rowOf(name: string) {
  const row = web.page.getByRole('row', { name: new RegExp(name) });
  await row.waitFor();
  return row;
}

itInChromium('creates a client whose secret is shown once and found nowhere afterwards', async () => {
  await web.signIn();
  const { page, app } = web;
  const secret = await createByHand('Sales board', { lifetime: '900' });
  expect(secret).toMatch(/^lk_[0-9A-Za-z]{49}$/);
  expect([...(await readable(page, secret)), ...(await inMemory(page, secret))]).toEqual([secret, secret]);
  await putAway();
  const row = await rowOf('Sales board');
  expect(await row.textContent()).toContain('15 minutes');
  await page.getByRole('link', { name: 'Activity' }).click();
  await page.getByRole('table', { name: 'Activity' }).waitFor();
  expect([...(await readable(page, secret)), ...(await inMemory(page, secret))]).toEqual([]);
  await page.reload();
  await page.getByRole('table', { name: 'Activity' }).waitFor();
  expect(await readable(page, secret)).toEqual([]);
  const { status, body } = await requestToken(app, { clientId: 'sales-board', secret });
  expect([status, body.expires_in]).toEqual([200, 900]);
  expect([...web.origins]).toEqual([app.url]);
  expect(web.complaints).toEqual([]);
});

itInChromium('keeps the secret on the page until somebody says that they have saved it', async () => {
  await web.signIn();
  const { page } = web;
  const secret = await createByHand('Careful');
  const shown = dialog(page, 'Copy the secret key now');
  await page.keyboard.press('Escape');
  await page.mouse.click(5, 400);
  expect(await shown.getByLabel('Secret key', { exact: true }).inputValue()).toBe(secret);
  expect(await shown.getByRole('button', { name: 'Done' }).isDisabled()).toBe(true);
  await shown.getByRole('button', { name: 'Copy', exact: true }).click();
  await shown.getByRole('button', { name: 'Copied', exact: true }).waitFor();
  expect(await page.evaluate('navigator.clipboard.readText()')).toBe(secret);
  await putAway();
  await until(async () => (await page.evaluate('document.activeElement?.textContent')) === 'New Client');
});

itInChromium('hands out requests that are filled in, one of them as a file', async () => {
  await web.signIn();
  const { page, app } = web;
  const secret = await createByHand('Ready made');
  const shown = dialog(page, 'Copy the secret key now');
  for (const tab of ['curl', 'Postman', '.env', 'Node', 'Python', 'C#']) {
    await shown.getByRole('tab', { name: tab, exact: true }).click();
    const request = shown.getByLabel(`Request for ${tab}`);
    expect(await request.textContent()).toContain(secret);
    expect(await request.textContent()).toContain(`${app.url}/connect/token`);
  }
  await shown.getByRole('tab', { name: '.env' }).click();
  await shown.getByRole('button', { name: 'Copy as .env' }).click();
  await until(async () => String(await page.evaluate('navigator.clipboard.readText()')).includes(`LATCHKEY_CLIENT_SECRET`));
  await shown.getByRole('tab', { name: 'Postman' }).click();
  const [file] = await Promise.all([page.waitForEvent('download'), shown.getByRole('button', { name: /^Download/ }).click()]);
  expect(file.suggestedFilename()).toBe('latchkey.postman_collection.json');
  const content = await (await file.createReadStream()).toArray();
  expect(JSON.parse(Buffer.concat(content).toString()).info.name).toBeTruthy();
  expect(web.complaints).toEqual([]);
});

itInChromium('edits what can be edited, and only that', async () => {
  await web.signIn();
  const { page, app } = web;
  const secret = await createByHand('Editable');
  await putAway();
  await page.getByRole('button', { name: 'Edit Editable' }).click();
  const drawer = dialog(page, 'Edit Editable');
  await drawer.getByLabel('Access token lifetime').waitFor();
  expect(await drawer.getByRole('textbox', { name: /^(Name|Client Id)$/ }).count()).toBe(0);
  expect(await drawer.getByRole('group', { name: 'Client Id' }).textContent()).toContain('editable');
  expect(await drawer.getByRole('button', { name: 'Save' }).isDisabled()).toBe(true);
  await drawer.getByText('8 hours', { exact: true }).click();
  await drawer.getByLabel('Scopes').fill('orders:read  orders:write');
  await drawer.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Editable was saved.').waitFor();
  const { body } = await requestToken(app, { clientId: 'editable', secret });
  expect(body).toMatchObject({ expires_in: 28_800, scope: 'orders:read orders:write' });
  await page.getByRole('button', { name: 'Edit Editable' }).click();
  await drawer.getByLabel('Enabled').click();
  await drawer.getByRole('button', { name: 'Save' }).click();
  await drawer.waitFor({ state: 'hidden' });
  expect((await requestToken(app, { clientId: 'editable', secret })).status).toBe(401);
  await (await rowOf('Editable')).getByText('Disabled').waitFor();
  expect(web.complaints).toEqual([]);
});

itInChromium('rotates with an overlap, says which key is still in use, and revokes it', async () => {
  await web.signIn();
  const { page, app } = web;
  const first = await createByHand('Rotating');
  await putAway();
  const token = (await requestToken(app, { clientId: 'rotating', secret: first })).body.access_token;
  await page.getByRole('link', { name: 'Rotating' }).click();
  await page.getByRole('tab', { name: 'Secret keys' }).click();
  await page.getByRole('button', { name: 'Rotate' }).click();
  const asked = dialog(page, 'Rotate the secret key');
  await asked.getByLabel('1 hour').check();
  await asked.getByText(/the current one until/).waitFor();
  await asked.getByRole('button', { name: 'Rotate' }).click();
  const second = await dialog(page, 'Copy the secret key now').getByLabel('Secret key', { exact: true }).inputValue();
  await putAway();
  for (const secret of [first, second]) expect((await requestToken(app, { clientId: 'rotating', secret })).status).toBe(200);
  await app.installation.use.flush();
  const old = page.getByRole('row', { name: new RegExp(first.slice(-4)) });
  await page.reload();
  await old.getByText(/^still in use, /).waitFor();
  expect(await old.textContent()).toContain('from 127.0.0.1');
  await old.getByRole('button', { name: 'Revoke' }).click();
  const last = dialog(page, /^Revoke the key that ends in/);
  await last.getByText(/It is still needed/).waitFor();
  await last.getByRole('button', { name: 'Revoke', exact: true }).click();
  await old.getByText('revoked', { exact: true }).waitFor();
  expect((await requestToken(app, { clientId: 'rotating', secret: first })).status).toBe(401);
  expect((await introspect(app, { clientId: 'rotating', secret: second }, token)).body).toEqual({ active: false });
  expect(await inMemory(page, first, second)).toEqual([]);
  expect(web.complaints).toEqual([]);
});

itInChromium('revokes all tokens of a client, and says when the last one dies', async () => {
  await web.signIn();
  const { page, app } = web;
  const secret = await createByHand('Cut off');
  await putAway();
  const token = (await requestToken(app, { clientId: 'cut-off', secret })).body.access_token;
  await web.open('/client?id=cut-off&tab=tokens');
  await page.getByRole('button', { name: 'Revoke all tokens' }).click();
  await dialog(page, /^Revoke all tokens/)
    .getByRole('button', { name: 'Revoke all tokens' })
    .click();
  const told = page.getByText(/All tokens of Cut off were revoked/);
  await told.waitFor();
  expect((await introspect(app, { clientId: 'cut-off', secret }, token)).body).toEqual({ active: false });
  const said = /until (\S+ \S+) UTC/.exec((await told.textContent()) ?? '')?.[1];
  expect(Date.parse(`${said}Z`) / 1000).toBeGreaterThanOrEqual(claimsOf(token).exp - 1);
});

itInChromium('deletes a client once its client id was typed, or disables it instead', async () => {
  await web.signIn();
  const { page, app } = web;
  const secret = await createByHand('Doomed');
  await putAway();
  await requestToken(app, { clientId: 'doomed', secret });
  await app.installation.use.flush();
  await page.getByRole('button', { name: 'Delete Doomed' }).click();
  const asked = dialog(page, 'Delete Doomed?');
  await asked.getByText(/It is in use: last/).waitFor();
  const button = asked.getByRole('button', { name: 'Delete client' });
  await asked.getByLabel('Type the Client Id to confirm').fill('Doomed');
  expect(await button.isDisabled()).toBe(true);
  await asked.getByRole('button', { name: 'Disable instead' }).click();
  await asked.waitFor({ state: 'hidden' });
  expect((await requestToken(app, { clientId: 'doomed', secret })).status).toBe(401);
  await page.getByRole('button', { name: 'Delete Doomed' }).click();
  await asked.getByLabel('Type the Client Id to confirm').fill('doomed');
  await button.click();
  await page.getByText(/Doomed was deleted/).waitFor();
  await page.getByRole('row', { name: /Doomed/ }).waitFor({ state: 'detached' });
  const { body } = await app.administer('{ client(clientId: "doomed") { id } }');
  expect(body.data.client).toBeNull();
  expect(web.complaints).toEqual([]);
});
