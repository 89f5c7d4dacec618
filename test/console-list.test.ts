import { createClient, getToken } from '../testbed/app.js';
import { ecKeys } from '../testbed/certificate-maker.js';
import { dialog, itInChromium, setUpConsole } from '../testbed/console.js';
import { until } from '../testbed/process.js';

const DAY_MS = 86_400_000;
const web = setUpConsole();

beforeAll(async () => {
  const { app } = web;
  for (let number = 0; number < 120; number += 1) {
    const text = String(number).padStart(3, '0');
    await createClient(app, { clientId: `job-${text}`, name: `Job ${text}` });
  }
  await createClient(app, { clientId: '..', name: 'Dots' });
  await createClient(app, { clientId: 'riyadh', name: 'مبيعات الرياض' });
  await createClient(app, { clientId: 'markup', name: '<b>"Bold" & brave</b>' });
  const used = await createClient(app, { clientId: 'used', name: 'Used', accessTokenLifetime: 5400 });
  await getToken(app, used);
  const stale = await createClient(app, { clientId: 'stale', name: 'Stale' });
  await getToken(app, stale);
  await app.installation.use.flush();
  await app.database.query("UPDATE clients SET last_used_at = ? WHERE client_id = 'stale'", [past(120)]);
  await app.api.updateClient('job-007', { enabled: false });
  await app.api.rotateClientSecret('used', 3600);
});

/** A moment so many days ago, as either database takes it. */
function past(days: number): string {
  return new Date(Date.now() - days * DAY_MS).toISOString().replace('T', ' ').replace('Z', '');
}

async function namesShown(): Promise<string[]> {
  const table = web.page.getByRole('table', { name: 'Clients' });
  await table.waitFor();
  return table.locator('tbody th').allTextContents();
}

async function untilShown(names: string[]): Promise<void> {
  await until(
    async () => JSON.stringify(await namesShown()) === JSON.stringify(names),
    () => names.join(),
  );
}

itInChromium('pages through the list, keeps its place in the address, and finds the way back from there', async () => {
  await web.signIn();
  const { page } = web;
  await page.getByLabel('126 clients').waitFor();
  const first = await namesShown();
  expect(first).toHaveLength(50);
  await page.getByRole('button', { name: 'Next' }).click();
  await until(async () => (await namesShown())[0] !== first[0]);
  const second = await namesShown();
  expect(second.filter((name) => first.includes(name))).toEqual([]);
  await page.getByRole('button', { name: 'Next' }).click();
  await until(async () => (await namesShown()).length === 26);
  expect(await page.getByRole('button', { name: 'Next' }).isDisabled()).toBe(true);
  await page.reload();
  expect(await namesShown()).toHaveLength(26);
  await page.getByRole('button', { name: 'Previous' }).click();
  await untilShown(second);
  await page.getByRole('button', { name: 'Previous' }).click();
  await untilShown(first);
  expect(new URL(page.url()).searchParams.get('after')).toBeNull();
  await page.goBack();
  await untilShown(second);
  expect(web.complaints).toEqual([]);
});

itInChromium('searches as somebody types, and says when there is nothing', async () => {
  await web.signIn();
  const { page } = web;
  await page.keyboard.press('/');
  await page.keyboard.type('JOB 01');
  await untilShown(Array.from({ length: 10 }, (_, number) => `Job 01${number}`));
  expect(new URL(page.url()).searchParams.get('search')).toBe('JOB 01');
  await page.getByLabel('Search clients').fill('الرياض');
  await untilShown(['مبيعات الرياض']);
  await page.getByLabel('Search clients').fill('<b>');
  await untilShown(['<b>"Bold" & brave</b>']);
  await page.getByLabel('Search clients').fill('no such thing');
  await page.getByRole('heading', { name: 'Nothing found' }).waitFor();
  await page.getByText('No client has “no such thing” in its name or client id').waitFor();
  await page.getByRole('button', { name: 'Show all clients' }).click();
  await page.getByLabel('126 clients').waitFor();
  expect(await page.getByLabel('Search clients').inputValue()).toBe('');
});

itInChromium('searches from other pages', async () => {
  await web.signIn('/activity');
  const { page } = web;
  await page.getByLabel('Search clients').fill('Stale');
  await untilShown(['Stale']);
  await page.goBack();
  await page.getByRole('heading', { name: 'Activity' }).waitFor();
});

itInChromium('narrows the list down', async () => {
  await web.signIn();
  const { page } = web;
  const cases: [label: string, names: string[]][] = [
    ['Disabled', ['Job 007']],
    ['Unused 90 days', ['Stale']],
    ['Secret expiring', ['Used']],
  ];
  for (const [label, names] of cases) {
    await page.getByText(label, { exact: true }).first().click();
    await untilShown(names);
  }
  await page.reload();
  await untilShown(['Used']);
  await page.getByText('Never used', { exact: true }).click();
  await page.getByLabel('123 clients').waitFor();
  expect((await namesShown()).filter((name) => ['Used', 'Stale'].includes(name))).toEqual([]);
});

itInChromium('sorts by the heads of its columns', async () => {
  await web.signIn();
  const { page } = web;
  await page.getByRole('button', { name: 'Last used' }).click();
  await until(async () => (await namesShown()).slice(0, 3).sort().join() === 'Administrator,Stale,Used');
  const head = page.getByRole('columnheader', { name: 'Last used' });
  expect(await head.getAttribute('aria-sort')).toBe('descending');
  await page.getByRole('button', { name: 'Client Id' }).click();
  await until(async () => (await namesShown())[0] === 'Dots');
  expect(new URL(page.url()).searchParams.get('sort')).toBe('client-id');
});

itInChromium('tells of each client what matters, in words', async () => {
  await web.signIn('/?search=used');
  const row = web.page.getByRole('row', { name: /^Used/ });
  await row.waitFor();
  const text = await row.textContent();
  for (const part of ['1 hour 30 minutes', 'key expires in']) expect(text).toContain(part);
  expect(text).toMatch(/\d seconds? ago|\d minutes? ago|just now/);
  expect(await row.getByText('1 hour 30 minutes').getAttribute('title')).toBe('5,400 s');
  await row.getByRole('img', { name: '1 token in the last 24 hours' }).waitFor();
  expect(await row.locator('time').first().getAttribute('title')).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/);
});

itInChromium('writes a name in the direction of its own letters', async () => {
  await web.signIn('/?search=riyadh');
  const { page } = web;
  const direction = () => page.evaluate<string>("getComputedStyle(document.querySelector('tbody a')).direction");
  await untilShown(['مبيعات الرياض']);
  expect(await direction()).toBe('rtl');
  await page.getByLabel('Search').fill('stale');
  await untilShown(['Stale']);
  expect(await direction()).toBe('ltr');
});

itInChromium('opens a client by its row, whatever its client id is', async () => {
  await web.signIn('/?search=dots');
  const { page } = web;
  await untilShown(['Dots']);
  await page.getByRole('row', { name: /Dots/ }).getByText('1 hour').click();
  await page.getByRole('heading', { name: 'Dots' }).waitFor();
  await page.reload();
  await page.getByRole('heading', { name: 'Dots' }).waitFor();
  await web.open('/client?id=nobody');
  await page.getByRole('heading', { name: 'There is no such client' }).waitFor();
});

itInChromium('opens the only client that is found at Enter, and goes into the table with the arrow', async () => {
  await web.signIn();
  const { page } = web;
  await namesShown();
  const field = page.getByLabel('Search clients');
  await field.fill('stal');
  await untilShown(['Stale']);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Stale' }).waitFor();
  // Of several none is meant more than another.
  await field.fill('job-');
  await until(async () => (await namesShown()).length > 1);
  await page.keyboard.press('Enter');
  await page.keyboard.press('ArrowDown');
  expect(await page.evaluate('document.activeElement?.textContent')).toBe((await namesShown())[0]);
  expect(new URL(page.url()).searchParams.get('search')).toBe('job-');
});

itInChromium('needs no mouse', async () => {
  await web.signIn();
  const { page } = web;
  await namesShown();
  const focused = () => page.evaluate<string>('document.activeElement?.textContent ?? ""');
  await page.locator('tbody tr').first().getByRole('link').focus();
  await page.keyboard.press('ArrowDown');
  const second = (await namesShown())[1];
  expect(await focused()).toBe(second);
  await page.keyboard.press('End');
  expect(await focused()).toBe((await namesShown()).at(-1));
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: second as string }).waitFor();
  await page.goBack();
  await namesShown();
  await page.keyboard.press('n');
  await dialog(page, 'New Client').waitFor();
  await page.keyboard.press('Escape');
  await dialog(page, 'New Client').waitFor({ state: 'hidden' });
  await page.keyboard.press('n');
  await until(() => page.evaluate<boolean>('document.activeElement instanceof HTMLInputElement'));
  await page.keyboard.type('Typed blind');
  await until(async () => (await dialog(page, 'New Client').getByLabel('Client Id').inputValue()) === 'typed-blind');
  await page.keyboard.press('Enter');
  await dialog(page, 'Copy the secret key now').waitFor();
  await page.getByLabel('I have saved the secret key').focus();
  await page.keyboard.press('Space');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await dialog(page, 'Copy the secret key now').waitFor({ state: 'hidden' });
  expect(web.complaints).toEqual([]);
});

itInChromium('keeps itself up to date by asking for what can change, and reads whoever is new as a whole', async () => {
  const { page, app } = web;
  const busy = await createClient(app, { clientId: 'busy', name: 'Busy', accessTokenLifetime: 5400 });
  await page.clock.install();
  await web.signIn('/?search=busy');
  const row = page.getByRole('row', { name: /^Busy/ });
  await row.getByLabel('0 tokens in the last 24 hours').waitFor();
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.postDataJSON()?.operationName));
  const askedSince = () => asked.splice(0).filter((operation) => operation?.startsWith('Clients'));

  await getToken(app, busy);
  await app.installation.use.flush();
  await app.api.updateClient('busy', { accessTokenLifetime: 120 });
  await page.clock.fastForward('00:31');
  await row.getByLabel('1 token in the last 24 hours').waitFor();
  await row.getByText('2 min').waitFor();
  expect(askedSince()).toEqual(['ClientsNow']);

  await createClient(app, { clientId: 'busy-too', name: 'Busy too' });
  await page.clock.fastForward('00:31');
  const other = page.getByRole('row', { name: /^Busy too/ });
  await other.waitFor();
  expect(askedSince()).toEqual(['ClientsNow', 'Clients']);

  await app.api.deleteClient('busy-too');
  await page.clock.fastForward('00:31');
  await other.waitFor({ state: 'detached' });
  expect(askedSince()).toEqual(['ClientsNow']);
  expect(web.complaints).toEqual([]);
});

itInChromium('tells of each client how it proves itself, in the table and on cards', async () => {
  const { page, app } = web;
  const jwks = { keys: [ecKeys().publicKey.export({ format: 'jwk' })] };
  const authMethods = ['SECRET', 'CLIENT_SECRET_JWT', 'PRIVATE_KEY_JWT', 'SELF_SIGNED_TLS_CLIENT_AUTH'];
  const ways = ['Secret key', 'Signed with the secret', 'Private key', 'Certificate of its own'];
  for (const authMethod of authMethods) {
    const input = { name: `Way ${authMethod}`, clientId: authMethod, authMethod, ...(!authMethod.includes('SECRET') && { jwks }) };
    const { body } = await app.administer('mutation ($input: CreateClientInput!) { createClient(input: $input) { clientSecret } }', {
      input,
    });
    expect(body.errors).toBeUndefined();
  }
  await web.signIn('/?search=Way');
  for (const [index, clientId] of authMethods.entries())
    await page.getByRole('cell', { name: `${clientId} ${ways[index]}`, exact: true }).waitFor();
  await page.setViewportSize({ width: 390, height: 800 });
  const cards = page.getByRole('list', { name: 'Clients' }).getByRole('listitem');
  for (const [index, name] of ways.entries())
    await cards
      .filter({ hasText: `Way ${authMethods[index]}` })
      .getByText(name, { exact: true })
      .waitFor();
  expect(web.complaints).toEqual([]);
});
