import type { Locator } from 'playwright-core';
import { requestToken } from '../testbed/app.js';
import { dialog, itInChromium, setUpConsole } from '../testbed/console.js';
import { until } from '../testbed/process.js';

const CREATE_ISSUER = 'mutation ($input: CreateTrustedIssuerInput!) { createTrustedIssuer(input: $input) { issuer } }';
const MOST_STEPS = 80;

const web = setUpConsole();

beforeAll(async () => {
  for (const [name, issuer] of [
    ['Acme cluster', 'https://acme.example.com'],
    ['Build cluster', 'https://build.example.com'],
  ])
    await web.app.administer(CREATE_ISSUER, { input: { name, issuer } });
});

function hasFocus(target: Locator): Promise<boolean> {
  return target.evaluate((element) => element === element.ownerDocument.activeElement);
}

async function press(...keys: string[]): Promise<void> {
  for (const key of keys) await web.page.keyboard.press(key);
}

/** Goes on with Tab until something has the focus, whoever has it before. */
async function tabTo(target: Locator): Promise<void> {
  await target.waitFor();
  for (let steps = 0; steps < MOST_STEPS; steps += 1) {
    if (await hasFocus(target)) return;
    await press('Tab');
  }
  throw new Error(`Tab does not come to ${target}.`);
}

async function settingsOf(clientId: string) {
  const { body } = await web.app.administer(
    `{ client(clientId: "${clientId}") {
      authMethod previousAuthMethod { authMethod endsAt } federatedCredentials { issuer subject claims } } }`,
  );
  return body.data.client;
}

itInChromium('creates a client with a platform identity, and changes how it proves itself, by the keyboard alone', async () => {
  const { page } = web;
  await web.signIn();
  await tabTo(page.getByRole('button', { name: 'New Client' }));
  await press('Enter');
  const making = dialog(page, 'New Client');
  const name = making.getByLabel('Name', { exact: true });
  await until(() => hasFocus(name));
  await page.keyboard.type('Keyed');
  await tabTo(making.getByRole('radio', { name: 'Secret key' }));
  await press('ArrowDown');
  expect(await making.getByRole('radio', { name: 'Platform identity' }).isChecked()).toBe(true);
  await tabTo(making.getByLabel('Trusted issuer'));
  await page.keyboard.type('Build');
  await tabTo(making.getByRole('button', { name: 'Save' }));
  await press('Enter');
  const subject = making.getByLabel('Subject', { exact: true });
  await making.getByText('Give the subject.').waitFor();
  await until(() => hasFocus(subject));
  await page.keyboard.type('job:keyed');
  await tabTo(making.getByRole('button', { name: 'Add a claim' }));
  await press('Enter');
  const claim = making.getByLabel('Claim 1', { exact: true });
  await until(() => hasFocus(claim));
  await page.keyboard.type('stage');
  await press('Tab');
  await page.keyboard.type('production');
  // Enter saves from any field of a form.
  await press('Enter');
  const start = dialog(page, 'No secret key is needed');
  await tabTo(start.getByRole('tab', { selected: true }));
  await press('ArrowLeft');
  await start.getByRole('tab', { name: 'SPIFFE', selected: true }).waitFor();
  await tabTo(start.getByRole('button', { name: 'Done' }));
  await press('Space');
  await page.getByRole('heading', { level: 1, name: 'Keyed' }).waitFor();
  expect(await settingsOf('keyed')).toMatchObject({
    authMethod: 'FEDERATED_JWT',
    federatedCredentials: [{ issuer: 'https://build.example.com', subject: 'job:keyed', claims: { stage: 'production' } }],
  });

  await tabTo(page.getByRole('tab', { name: 'Overview' }));
  await press('ArrowRight');
  await page.getByRole('tab', { name: 'Authentication', selected: true }).waitFor();
  const change = page.getByRole('button', { name: 'Change', exact: true });
  await tabTo(change);
  await press('Enter');
  const changing = dialog(page, 'Change how Keyed proves itself');
  await changing.waitFor();
  await press('Escape');
  await changing.waitFor({ state: 'hidden' });
  await until(() => hasFocus(change));
  await press('Enter');
  await tabTo(changing.getByRole('radio', { name: 'Secret key' }));
  await press('ArrowDown');
  await changing.getByLabel('Public keys (JWKS)').waitFor();
  await press('Escape');
  const asked = page.getByRole('alertdialog', { name: 'Discard what you typed?' });
  await until(() => hasFocus(asked.getByRole('button', { name: 'Keep editing' })));
  await press('Enter');
  await asked.waitFor({ state: 'hidden' });
  await tabTo(changing.getByRole('radio', { name: 'Private key' }));
  await press('ArrowUp');
  await tabTo(changing.getByRole('radio', { name: '1 day' }));
  await press('ArrowRight');
  expect(await changing.getByRole('radio', { name: '7 days' }).isChecked()).toBe(true);
  await tabTo(changing.getByRole('button', { name: 'Change' }));
  await press('Space');

  const shown = dialog(page, 'Copy the secret key now');
  const secret = await shown.getByLabel('Secret key', { exact: true }).inputValue();
  await press('Escape');
  await tabTo(shown.getByLabel('I have saved the secret key'));
  await press('Space');
  await tabTo(shown.getByRole('button', { name: 'Done' }));
  await press('Enter');
  await shown.waitFor({ state: 'hidden' });
  await page.getByRole('row', { name: /^Secret key.*current/ }).waitFor();
  expect((await requestToken(web.app, { clientId: 'keyed', secret })).status).toBe(200);
  const { authMethod, previousAuthMethod } = await settingsOf('keyed');
  expect([authMethod, previousAuthMethod.authMethod]).toEqual(['SECRET', 'FEDERATED_JWT']);
  expect(Date.parse(previousAuthMethod.endsAt) - Date.now()).toBeGreaterThan(6.9 * 86_400_000);
  expect(web.complaints).toEqual([]);
});
