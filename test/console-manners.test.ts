import { createClient, getToken } from '../testbed/app.js';
import { dialog, itInChromium, setUpConsole } from '../testbed/console.js';
import { until } from '../testbed/process.js';

const HOUR_MS = 3_600_000;
const SECRET = `lk_${'Ab1'.repeat(17).slice(0, 49)}`;
const TOKEN = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl';

const web = setUpConsole();

/** What has the focus, by its label. */
function focused(): Promise<string> {
  return web.page.evaluate<string>('document.activeElement?.labels?.[0]?.textContent ?? ""');
}

itInChromium('goes to the first field at fault, whoever found it', async () => {
  const { page, app } = web;
  await web.signIn();
  await page.setViewportSize({ width: 1280, height: 500 });
  await page.getByRole('button', { name: 'New Client' }).click();
  const drawer = dialog(page, 'New Client');
  await drawer.getByLabel('Private key').check();
  await drawer.getByRole('button', { name: 'Save' }).click();
  await until(async () => (await focused()) === 'Name');
  await drawer.getByLabel('Name', { exact: true }).fill('At fault');
  await drawer.getByRole('button', { name: 'Save' }).click();
  await until(async () => (await focused()) === 'Public keys (JWKS)');
  expect(await page.evaluate('document.activeElement.getBoundingClientRect().bottom <= innerHeight')).toBe(true);
  await drawer.getByLabel('Public keys (JWKS)').fill('{"keys":[{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}]}');
  await drawer.getByRole('button', { name: 'Save' }).click();
  // This the server finds.
  await drawer.locator('[aria-invalid=true]').waitFor();
  await until(async () => (await focused()) === 'Public keys (JWKS)');
  // And whoever mends one field is not called to another.
  await createClient(app, { clientId: 'taken-by-then', name: 'Taken' });
  await drawer.getByLabel('Client Id').fill('taken-by-then');
  await drawer.getByText(/is taken/).waitFor();
  await drawer.getByLabel('Name', { exact: true }).focus();
  await page.keyboard.type('!');
  expect(await focused()).toBe('Name');
});

itInChromium('takes a secret out of the search, whether it is pasted, typed or in a link', async () => {
  const { page } = web;
  const asked: string[] = [];
  page.on('request', (request) => asked.push(`${request.url()} ${request.postData() ?? ''}`));
  await web.signIn();
  const field = page.getByLabel('Search clients');
  for (const secret of [SECRET, TOKEN, `bearer ${TOKEN}`]) {
    await field.fill(secret);
    await page
      .getByRole('alert')
      .getByText(/taken out\. It went nowhere/)
      .waitFor();
    expect(await field.inputValue()).toBe(secret.startsWith('bearer') ? 'bearer ' : '');
    await page.getByRole('alert').getByRole('button', { name: 'Close' }).click();
    await page.getByRole('alert').waitFor({ state: 'detached' });
  }
  await web.open(`/?search=${SECRET}`);
  await page
    .getByRole('alert')
    .getByText(/It was in the address of this page/)
    .waitFor();
  expect(page.url()).not.toContain('lk_');
  expect(await page.evaluate<number>('history.length')).toBeGreaterThan(0);
  const told = asked.filter((line) => !line.startsWith(`${web.app.url}/?search=`));
  expect(told.filter((line) => line.includes(SECRET) || line.includes(TOKEN))).toEqual([]);
  await field.fill('lk_sales');
  await until(() => new URL(page.url()).searchParams.get('search') === 'lk_sales');
});

itInChromium('rotates where two keys work, and says what ends with it', async () => {
  const { page, app } = web;
  const client = await createClient(app, { clientId: 'doubled', name: 'Doubled' });
  await getToken(app, client);
  await app.installation.use.flush();
  await app.api.rotateClientSecret('doubled', 3600);
  await web.signIn('/client?id=doubled&tab=secrets');
  await page.getByRole('button', { name: 'Rotate' }).click();
  const asked = dialog(page, 'Rotate the secret key');
  await asked.getByText(/Two keys work/).waitFor();
  await asked.getByText('never used').waitFor();
  expect(await asked.getByRole('radio').count()).toBe(0);
  await asked.getByRole('button', { name: 'End both and rotate' }).click();
  await dialog(page, 'Copy the secret key now').waitFor();
  await page.getByLabel('I have saved the secret key').check();
  await page.getByRole('button', { name: 'Done' }).click();
  expect(await page.getByRole('button', { name: /^Revoke the key/ }).count()).toBe(1);
  expect(await page.getByText('expired', { exact: true }).count()).toBe(2);
  const { body } = await app.administer('{ client(clientId: "doubled") { secrets { expiresAt } } }');
  const live = body.data.client.secrets.filter(
    ({ expiresAt }: { expiresAt: string | null }) => !expiresAt || Date.parse(expiresAt) > Date.now(),
  );
  expect(live).toHaveLength(1);
});

itInChromium('says before it is done that one signs oneself out', async () => {
  const { page } = web;
  await web.signIn('/client?id=admin&tab=tokens');
  await page.getByRole('button', { name: 'Revoke all tokens' }).click();
  await page.getByText('your session ends as well').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Delete' }).click();
  const asked = dialog(page, 'Delete Administrator?');
  await asked.getByText('You are signed in with this client').waitFor();
  expect(await asked.getByRole('button', { name: 'Disable instead' }).count()).toBe(0);
});

itInChromium('keeps the page in sight below forty scopes, which are there when they are asked for', async () => {
  const { page, app } = web;
  await createClient(app, { clientId: 'many', name: 'Many', scopes: Array.from({ length: 40 }, (_, index) => `orders:read-${index + 1}`) });
  await web.signIn('/client?id=many');
  await page.getByText('orders:read-1', { exact: true }).waitFor();
  expect(await page.getByText('orders:read-40').count()).toBe(0);
  await page.getByRole('button', { name: '28 more' }).click();
  await page.getByText('orders:read-40').waitFor();
});

itInChromium('offers scopes in use while one types', async () => {
  const { page, app } = web;
  await createClient(app, { clientId: 'shipping', name: 'Shipping', scopes: ['parcels:read', 'parcels:write'] });
  await web.signIn();
  await page.getByRole('button', { name: 'New Client' }).click();
  const drawer = dialog(page, 'New Client');
  const field = drawer.getByLabel('Scopes');
  await field.focus();
  expect(await page.getByRole('option').count()).toBe(0);
  await page.keyboard.type('parc');
  await page.getByRole('option', { name: 'parcels:write' }).click();
  await field.fill('parcels:new');
  await page.keyboard.press('Enter');
  await page.keyboard.type('par');
  await page.getByRole('option', { name: 'parcels:read' }).waitFor();
  // One Escape ends the offer, and none of what was typed is lost.
  await page.keyboard.press('Escape');
  await page.getByRole('option').waitFor({ state: 'detached' });
  for (const scope of ['parcels:write', 'parcels:new']) await drawer.getByText(scope, { exact: true }).waitFor();
});

itInChromium('tells of refusals of the last hours though the day was large, and in the list', async () => {
  const { page, app } = web;
  await createClient(app, { clientId: 'busy', name: 'Busy' });
  const now = Math.floor(Date.now() / HOUR_MS);
  for (let ago = 0; ago < 23; ago += 1) {
    const [issued, refused] = ago < 3 ? [1_800, 600] : [40_000, 0];
    await app.database.query(
      "INSERT INTO client_hours (client_row_id, hour, issued, refused) SELECT id, ?, ?, ? FROM clients WHERE client_id = 'busy'",
      [now - ago, issued, refused],
    );
  }
  await web.signIn('/?search=busy');
  await page.getByText('1,800 refused').waitFor();
  await web.open('/client?id=busy');
  await page.getByText(/^(1,200|1,800) of (4,800|7,200) requests were refused in the last 3 hours/).waitFor();
});

itInChromium('opens no dialog that was given up while its code was on its way', async () => {
  const { page } = web;
  await web.signIn();
  const { promise: goOn, resolve: release } = Promise.withResolvers<void>();
  await page.route('**/assets/edit-drawer-*.js', async (route) => {
    await goOn;
    await route.continue();
  });
  await page.getByRole('button', { name: 'Edit Administrator' }).click();
  await page.keyboard.press('Escape');
  await page.getByRole('link', { name: 'Signing keys' }).click();
  await page.getByRole('heading', { name: 'Signing keys' }).waitFor();
  const loaded = page.waitForResponse('**/assets/edit-drawer-*.js');
  release();
  await loaded;
  await page.waitForLoadState('networkidle');
  expect(await page.getByRole('dialog').count()).toBe(0);
});

itInChromium('ends a dialog with the page that it was opened on, but never what is shown once', async () => {
  const { page } = web;
  await web.signIn();
  await page.getByRole('button', { name: 'Delete Administrator' }).click();
  await dialog(page, 'Delete Administrator?').waitFor();
  await page.evaluate("history.pushState(null, '', '/signing-keys')");
  await page.getByRole('heading', { name: 'Signing keys', includeHidden: true }).waitFor({ state: 'attached' });
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await web.open('/');
  await page.getByRole('button', { name: 'New Client' }).click();
  await dialog(page, 'New Client').getByLabel('Name', { exact: true }).fill('Shown once');
  await dialog(page, 'New Client').getByRole('button', { name: 'Save' }).click();
  const secret = dialog(page, 'Copy the secret key now');
  await secret.waitFor();
  await page.evaluate("history.pushState(null, '', '/signing-keys')");
  await page.getByRole('heading', { name: 'Signing keys', includeHidden: true }).waitFor({ state: 'attached' });
  expect(await secret.getByLabel('Secret key', { exact: true }).inputValue()).toMatch(/^lk_/);
});
