// Makes the pictures in docs/screenshots: starts a server of its own, fills it, and looks at each page.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Sqlite from 'better-sqlite3';
import type { Browser, Page } from 'playwright-core';
import { administer, createBenchClient, tokenOf } from '../bench/client.ts';
import { SECRET, type Subject, startLatchkey } from '../bench/subject.ts';
import { launchChromium } from '../testbed/chromium.ts';

const FOLDER = join(import.meta.dirname, '../docs/screenshots');
const DESK = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 844 };
const HOUR_MS = 3_600_000;
/** By then the server has written down who was used. */
const FLUSHED_MS = 4_000;
const CLIENTS: [name: string, clientId: string, lifetime: number, tokensAnHour: number][] = [
  ['Sales board', 'sales-board', 3600, 4],
  ['Billing export', 'billing-export', 900, 31],
  ['Warehouse sync', 'warehouse-sync', 28_800, 2],
  ['Partner portal – Nordwind', 'partner-nordwind', 3600, 12],
  ['Monthly report', 'monthly-report', 300, 0],
  ['Mobile back end', 'mobile-back-end', 3600, 210],
  ['مبيعات الرياض', 'riyadh-sales', 3600, 6],
  ['Émile’s prototype', 'emile-prototype', 86_400, 0],
  ['Fraud check', 'fraud-check', 300, 96],
  ['Data lake loader', 'data-lake-loader', 86_400, 1],
  ['Support desk', 'support-desk', 3600, 8],
  ['Invoice archive', 'invoice-archive', 900, 0],
];

async function main(): Promise<void> {
  mkdirSync(FOLDER, { recursive: true });
  const subject = await startLatchkey('screenshots');
  const browser = await launchChromium();
  try {
    await fill(subject);
    await shootDesk(browser, subject, 'light');
    await shootDesk(browser, subject, 'dark');
    await shootPhone(browser, subject);
  } finally {
    await browser.close();
    await subject.stop();
  }
}

async function fill(subject: Subject): Promise<void> {
  await administer(
    subject,
    'mutation { updateTenant(host: "HOST", input: { name: "Acme Corp" }) { id } }'.replace('HOST', new URL(subject.url).host),
  );
  for (const [name, clientId, accessTokenLifetime] of CLIENTS) {
    const input = { name, clientId, accessTokenLifetime, scopes: ['orders:read', 'orders:write'] };
    const made = await administer(subject, CREATE, { input });
    const { clientSecret } = made.createClient as { clientSecret: string };
    if (!clientId.startsWith('emile') && !clientId.startsWith('invoice')) await tokenOf(subject, clientId, clientSecret);
  }
  await changeWays(subject);
  await administer(subject, 'mutation { updateClient(clientId: "invoice-archive", input: { enabled: false }) { id } }');
  await administer(subject, 'mutation { rotateClientSecret(clientId: "billing-export", overlapSeconds: 86400) { clientSecret } }');
  for (const name of ['Globex', 'Initech']) {
    const input = { name, host: `${name.toLowerCase()}.localhost:${new URL(subject.url).port}` };
    await administer(subject, 'mutation ($input: CreateTenantInput!) { createTenant(input: $input) { tenant { id } } }', { input });
  }
  await createBenchClient(subject, 'to-be-deleted');
  await administer(subject, 'mutation { deleteClient(clientId: "to-be-deleted") { clientId } }');
  await sleep(FLUSHED_MS);
  fillHours(subject);
}

/** Some prove themselves without a secret. */
async function changeWays(subject: Subject): Promise<void> {
  const issuer = 'https://token.actions.githubusercontent.com';
  const trusted = { name: 'GitHub Actions', issuer };
  await administer(subject, 'mutation ($input: CreateTrustedIssuerInput!) { createTrustedIssuer(input: $input) { id } }', {
    input: trusted,
  });
  const federatedCredentials = [{ issuer, subject: 'repo:acme/data-lake:ref:refs/heads/main' }];
  const tlsClientAuth = { sanUri: 'spiffe://acme.example/ns/fraud/sa/check' };
  for (const [clientId, input] of [
    ['data-lake-loader', { authMethod: 'FEDERATED_JWT', federatedCredentials }],
    ['fraud-check', { authMethod: 'TLS_CLIENT_AUTH', tlsClientAuth }],
  ] as const)
    await administer(subject, CHANGE_WAY, { clientId, input: { ...input, overlapSeconds: 0 } });
}

const CHANGE_WAY =
  'mutation ($clientId: String!, $input: ChangeClientAuthMethodInput!) { changeClientAuthMethod(clientId: $clientId, input: $input) { client { id } } }';
const CREATE = 'mutation ($input: CreateClientInput!) { createClient(input: $input) { clientSecret } }';

/** A past for each client, past the server: it counts only what it sees. */
function fillHours({ folder }: Subject): void {
  const database = new Sqlite(join(folder, 'data/latchkey.db'));
  const now = Math.floor(Date.now() / HOUR_MS);
  const insert = database.prepare('INSERT OR REPLACE INTO client_hours SELECT id, ?, ?, ? FROM clients WHERE client_id = ?');
  for (const [, clientId, , tokensAnHour] of CLIENTS) {
    for (let ago = 720; ago >= 0 && tokensAnHour > 0; ago -= 1) {
      const hour = now - ago;
      const wave = 0.35 + 0.65 * Math.max(0, Math.sin((((hour % 24) - 6) / 24) * 2 * Math.PI));
      const noise = 0.8 + 0.4 * Math.abs(Math.sin(hour * 12.9898 + tokensAnHour));
      insert.run(hour, Math.round(tokensAnHour * wave * noise), hour % 17 === 0 ? Math.ceil(tokensAnHour / 12) : 0, clientId);
    }
  }
  database
    .prepare('UPDATE clients SET created_at = ?')
    .run(new Date(Date.now() - 60 * 24 * HOUR_MS).toISOString().replace('T', ' ').slice(0, -1));
  database.close();
}

type Scheme = 'light' | 'dark';

async function shootDesk(browser: Browser, { url }: Subject, colorScheme: Scheme): Promise<void> {
  const context = await browser.newContext({ viewport: DESK, colorScheme, reducedMotion: 'reduce' });
  const page = await context.newPage();
  const shoot = (name: string) => shot(page, colorScheme === 'light' ? name : `${name}-dark`);
  await page.goto(url);
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await shoot('sign-in');
  await signIn(page);
  await shoot('clients');
  await createAndShow(page, shoot);
  await row(page, 'Edit Billing export').click();
  await page.getByRole('button', { name: 'Save' }).waitFor();
  await shoot('edit');
  await page.keyboard.press('Escape');
  await row(page, 'Delete Sales board').click();
  await page.getByLabel('Type the Client Id to confirm').waitFor();
  await shoot('delete');
  await page.keyboard.press('Escape');
  await page.getByRole('link', { name: 'Billing export' }).click();
  await page.getByText('Tokens issued and requests refused').waitFor();
  await page.getByText('30 d', { exact: true }).click();
  await shoot('client');
  await page.getByRole('tab', { name: 'Secret keys' }).click();
  await shoot('secret-keys');
  await page.goto(`${url}/client?id=sales-board`);
  await page.getByRole('tab', { name: 'Secret keys' }).click();
  await page.getByRole('button', { name: 'Rotate' }).click();
  await page.getByLabel('7 days').click();
  await shoot('rotate');
  for (const place of ['activity', 'signing-keys', 'tenants']) {
    await page.goto(`${url}/${place}`);
    await page.getByRole('table').waitFor();
    await shoot(place);
  }
  await page.goto(`${url}/graphql`);
  await page.locator('.graphiql-query-editor .monaco-editor .view-line').first().waitFor();
  await shoot('explorer');
  await context.close();
}

async function createAndShow(page: Page, shoot: (name: string) => Promise<void>): Promise<void> {
  await page.getByRole('button', { name: 'New Client' }).click();
  await page.getByLabel('Name', { exact: true }).fill(`Shop ${Date.now().toString(36).slice(-3)}`);
  await page.getByLabel('Free').waitFor();
  await shoot('new-client');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('heading', { name: 'Copy the secret key now' }).waitFor();
  await shoot('secret-key');
  await page.getByLabel('I have saved the secret key').check();
  await page.getByRole('button', { name: 'Done' }).click();
  await page.getByRole('alert').or(page.getByRole('status')).getByRole('button', { name: 'Close' }).click();
}

async function shootPhone(browser: Browser, { url }: Subject): Promise<void> {
  const context = await browser.newContext({
    viewport: PHONE,
    deviceScaleFactor: 2,
    isMobile: true,
    hasTouch: true,
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  await page.goto(url);
  await signIn(page);
  await shot(page, 'clients-phone');
  await page.goto(`${url}/client?id=billing-export`);
  await page.getByText('Tokens issued and requests refused').waitFor();
  await shot(page, 'client-phone');
  await context.close();
}

async function signIn(page: Page): Promise<void> {
  await page.getByLabel('Client Id').fill('admin');
  await page.getByLabel('Secret key').fill(SECRET);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByText('Sales board').first().waitFor();
}

function row(page: Page, name: string) {
  return page.getByRole('button', { name });
}

/** When nothing moves any more. */
async function shot(page: Page, name: string): Promise<void> {
  await page.mouse.move(0, 0);
  await page.waitForLoadState('networkidle');
  await page.evaluate('document.fonts.ready');
  await page.screenshot({ path: join(FOLDER, `${name}.png`), animations: 'disabled' });
}

await main();
