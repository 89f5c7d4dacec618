import { createTenant, requestToken } from './support/app.js';
import { dialog, itInChromium, readable, setUpConsole } from './support/console.js';
import { until } from './support/process.js';

const web = setUpConsole();

itInChromium('creates a tenant and shows its administrator’s secret once, changes it, disables and deletes it', async () => {
  const { page, app } = web;
  await web.signIn('/tenants');
  await page.getByRole('button', { name: 'New Tenant' }).click();
  const drawer = dialog(page, 'New Tenant');
  await drawer.getByLabel('Name', { exact: true }).fill('Umbrella');
  await drawer.getByLabel('Host').fill('not a host');
  await drawer.getByRole('button', { name: 'Save' }).click();
  await until(async () => (await drawer.getByLabel('Host').getAttribute('aria-invalid')) === 'true');
  const host = `umbrella.localhost:${app.port}`;
  await drawer.getByLabel('Host').fill(host);
  await drawer.getByRole('button', { name: 'Save' }).click();
  const shown = dialog(page, 'Copy the secret key now');
  const secret = await shown.getByLabel('Secret key', { exact: true }).inputValue();
  expect(await shown.getByLabel('Request for curl').textContent()).toContain(`http://${host}/connect/token`);
  await shown.getByLabel('I have saved the secret key').check();
  await shown.getByRole('button', { name: 'Done' }).click();
  const url = `http://${host}`;
  expect((await requestToken({ url }, { clientId: 'admin', secret })).status).toBe(200);
  expect(await readable(page, secret)).toEqual([]);
  await page.getByLabel('Search tenants').fill('umbr');
  await page.getByText('1 of 1 shown').waitFor();
  await page.getByRole('button', { name: 'Delete Umbrella' }).click();
  await dialog(page, 'Delete Umbrella?').getByText('It is enabled: disable it first').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Edit Umbrella' }).click();
  const editor = dialog(page, 'Edit Umbrella');
  await editor.getByLabel('Longest access token lifetime').fill('7200');
  await editor.getByLabel('Enabled').click();
  await editor.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Umbrella was saved.').waitFor();
  expect((await requestToken({ url }, { clientId: 'admin', secret })).status).toBe(421);
  await page.getByRole('button', { name: 'Delete Umbrella' }).click();
  const asked = dialog(page, 'Delete Umbrella?');
  await asked.getByLabel('Type the host to confirm').fill(host);
  await asked.getByRole('button', { name: 'Delete tenant' }).click();
  await page.getByText('Umbrella was deleted, with everything in it.').waitFor();
  await page.getByRole('heading', { name: 'Nothing found' }).waitFor();
  expect(web.complaints).toEqual([]);
});

itInChromium('says in which tenant one is, and offers the others to the home tenant alone', async () => {
  const { page, app } = web;
  const tenant = await createTenant(app, 'elsewhere');
  await web.signIn();
  await page.getByRole('button', { name: 'Tenant: Home' }).waitFor();
  await page.getByRole('link', { name: 'Tenants' }).waitFor();
  await page.goto(`${tenant.url}/tenants`);
  await web.enter(tenant.admin);
  await page.getByRole('button', { name: 'Tenant: elsewhere' }).waitFor();
  await page.getByText('This page is not yours to see').or(page.getByText('Tenants are managed from the home tenant')).waitFor();
  expect(await page.getByRole('link', { name: 'Tenants' }).count()).toBe(0);
  expect(web.complaints).toEqual([]);
});

itInChromium('puts a change on top of what somebody else saved in between, where they did not touch the same', async () => {
  const { page, app } = web;
  await createTenant(app, 'shared');
  await web.signIn('/tenants');
  await page.getByRole('button', { name: 'Edit shared' }).click();
  const drawer = dialog(page, 'Edit shared');
  await drawer.getByLabel('Longest access token lifetime').fill('7200');
  await app.administer(`mutation { updateTenant(host: "shared.localhost:${app.port}", input: { name: "Renamed" }) { id } }`);
  await drawer.getByRole('button', { name: 'Save' }).click();
  await page.getByText(/Nothing was changed\./).waitFor();
  const rebased = dialog(page, 'Edit Renamed');
  expect(await rebased.getByLabel('Name', { exact: true }).inputValue()).toBe('Renamed');
  await rebased.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Renamed was saved.').waitFor();
  const { body } = await app.administer(`{ tenant(host: "shared.localhost:${app.port}") { name maxAccessTokenLifetime } }`);
  expect(body.data.tenant).toEqual({ name: 'Renamed', maxAccessTokenLifetime: 7200 });
  expect(web.complaints).toEqual([]);
});
