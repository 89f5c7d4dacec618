import { createClient, getToken, startApp } from '../testbed/app.js';
import { dialog, itInChromium, meddler, setUpConsole } from '../testbed/console.js';
import { until } from '../testbed/process.js';

const HOUR_MS = 3_600_000;
const web = setUpConsole();

/** Rows of the record that are shown. */
function entries() {
  return web.page.getByRole('table', { name: 'Activity' }).locator('tbody tr');
}

/** Puts use into the hours before this one, past the server. */
async function fillHours(clientId: string, counts: readonly { issued: number; refused: number }[]): Promise<void> {
  const { database } = web.app;
  const [row] = await database.query('SELECT id FROM clients WHERE client_id = ?', [clientId]);
  const hour = Math.floor(Date.now() / HOUR_MS);
  for (const [index, { issued, refused }] of counts.entries()) {
    const values = [row?.id, hour - 1 - index, issued, refused];
    await database.query('INSERT INTO client_hours (client_row_id, hour, issued, refused) VALUES (?, ?, ?, ?)', values);
  }
}

itInChromium('draws what was issued and refused, hour by hour, and tells each by the keyboard', async () => {
  const { page, app } = web;
  await createClient(app, { clientId: 'charted', name: 'Charted' });
  await fillHours('charted', [
    { issued: 120, refused: 30 },
    { issued: 7, refused: 0 },
  ]);
  await web.signIn('/client?id=charted');
  for (const section of await page.getByRole('region').all()) expect(await section.getByRole('heading', { level: 2 }).count()).toBe(1);
  for (const name of ['Settings', 'Token request', 'Tokens issued and requests refused'])
    await page.getByRole('region', { name }).getByRole('heading', { name, level: 2 }).waitFor();
  const chart = page.getByRole('slider', { name: 'Tokens issued and requests refused, by time' });
  await chart.focus();
  await page.keyboard.press('ArrowLeft');
  expect(await chart.getAttribute('aria-valuetext')).toMatch(/: 120 issued, 30 refused$/);
  await page.keyboard.press('ArrowLeft');
  expect(await chart.getAttribute('aria-valuetext')).toMatch(/: 7 issued, 0 refused$/);
  expect(await page.getByRole('figure').textContent()).toContain('Issued 7');
  await page.getByText('30 d', { exact: true }).click();
  await until(async () => (await chart.getAttribute('max')) === '119');
  await chart.blur();
  expect(await page.getByRole('figure').textContent()).toContain('Issued 127Refused 30');
  expect(web.complaints).toEqual([]);
});

itInChromium('says what deserves a look', async () => {
  const { page, app } = web;
  const wasteful = await createClient(app, { clientId: 'wasteful', name: 'Wasteful', accessTokenLifetime: 3600 });
  await fillHours('wasteful', [{ issued: 3600, refused: 900 }]);
  await app.database.query("UPDATE clients SET created_at = ? WHERE client_id = 'wasteful'", ['2020-01-01 00:00:00.000']);
  await getToken(app, wasteful);
  await app.installation.use.flush();
  await app.api.rotateClientSecret('wasteful', 3600);
  await web.signIn('/client?id=wasteful');
  const findings = page.getByRole('list', { name: 'Findings' });
  await findings.getByText(/It asks for a new token every [12] s though one lives 1 hour: let it keep its token\./).waitFor();
  await findings.getByText(/900 of 4,501 requests were refused in the last 3 hours/).waitFor();
  await findings.getByText(/expires in 59 minutes and was used .* ago|just now: the application has not changed over/).waitFor();
  const eager = await createClient(app, { clientId: 'eager', name: 'Eager' });
  for (let number = 0; number < 25; number += 1) await getToken(app, eager);
  await app.installation.use.flush();
  await web.open('/client?id=eager');
  await findings.getByText(/It asks for a new token (several times a second|every [1-9] s) though/).waitFor();
  await createClient(app, { clientId: 'tidy', name: 'Tidy' });
  await web.open('/client?id=tidy');
  await page.getByText('It asked for no token in this time.').waitFor();
  expect(await findings.count()).toBe(0);
});

itInChromium('finds entries of the record by what, on what and who, and unfolds what changed', async () => {
  const { page, app } = web;
  await createClient(app, { clientId: 'recorded', name: 'Recorded' });
  await app.api.updateClient('recorded', { accessTokenLifetime: 60 });
  await web.signIn('/activity');
  await page.getByLabel('Its id').fill('CORDE');
  await until(async () => (await entries().count()) === 2);
  await page.getByLabel('What', { exact: true }).selectOption('changed a client');
  await until(async () => (await entries().count()) === 1);
  expect(await entries().textContent()).toMatch(/admin.*changed a client.*Client recorded.*127\.0\.0\.1/);
  await page.getByRole('button', { name: 'changed a client' }).click();
  expect(await entries().nth(1).textContent()).toContain('accessTokenLifetime3600 60');
  await app.api.rotateClientSecret('recorded', 3600);
  await page.getByLabel('What', { exact: true }).selectOption('rotated a secret key');
  await page.getByRole('button', { name: 'rotated a secret key' }).click();
  await page.getByText(/^…\w{4} until \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC.*, …\w{4}$/).waitFor();
  await page.reload();
  await until(async () => (await entries().count()) === 1);
  await app.api.rotateClientSecret('recorded', 0);
  await page.getByRole('button', { name: 'Refresh' }).click();
  await until(async () => (await entries().count()) === 2);
  await page.getByLabel('Who').fill('nobody');
  await page.getByRole('heading', { name: 'Nothing on record' }).waitFor();
  await page.getByLabel('Who').fill('');
  await page.getByLabel(/^From \(UTC/).fill('2090-01-01T00:00');
  await page.getByRole('heading', { name: 'Nothing on record' }).waitFor();
  expect(web.complaints).toEqual([]);
});

itInChromium('keeps what comes late out of a list that asks for something else, and says when more could not be read', async () => {
  const { page, app } = web;
  for (let number = 0; number < 60; number += 1) await createClient(app, { clientId: `late-${number}` });
  await web.signIn('/activity?action=CREATE_CLIENT');
  const { hold, fail } = await meddler(page);
  const release = await hold('AuditEvents', ({ after }) => after !== null && after !== undefined);
  await page.getByRole('button', { name: 'Show more' }).click();
  await page.getByLabel('What', { exact: true }).selectOption('signed in');
  await entries().first().getByText('signed in').waitFor();
  const before = await entries().count();
  await release();
  await page.waitForLoadState('networkidle');
  expect(await entries().count()).toBe(before);
  await page.getByLabel('What', { exact: true }).selectOption('created a client');
  await page.getByText('50 shown, there are more').waitFor();
  const mend = await fail('AuditEvents');
  await page.getByRole('button', { name: 'Show more' }).click();
  await page.getByText('The server cannot be reached. Try again.').waitFor();
  await mend();
  await page.getByRole('button', { name: 'Show more' }).click();
  await until(async () => (await entries().count()) > 50);
  expect(web.complaints).toEqual([]);
});

itInChromium('exports what the filter leaves as CSV, all pages of it and no formula', async () => {
  const { page, app } = web;
  for (let number = 0; number < 130; number += 1) {
    await app.api.updateClient('admin', { accessTokenLifetime: 3000 + number });
  }
  await app.database.query("UPDATE audit_events SET actor_id = '=cmd()' WHERE action = 'CREATE_CLIENT'");
  await web.signIn('/activity?objectId=admin');
  await page.getByText('50 shown, there are more').waitFor();
  await page.getByRole('button', { name: 'Show more' }).click();
  await page.getByText('100 shown, there are more').waitFor();
  const exported = async () => {
    const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Export CSV' }).click()]);
    expect(file.suggestedFilename()).toMatch(/^activity-localhost-\d+\.csv$/);
    return Buffer.concat(await (await file.createReadStream()).toArray()).toString();
  };
  const lines = (await exported()).trimEnd().split('\r\n');
  expect(lines[0]).toBe('\uFEFFat,actorType,actorId,actorName,action,objectType,objectId,address,requestId,before,after');
  expect(lines.length).toBeGreaterThan(130);
  expect(lines.every((line, index) => index === 0 || line.split(',')[6] === 'admin')).toBe(true);
  await web.open('/activity?action=CREATE_CLIENT');
  await entries().first().waitFor();
  const text = await exported();
  expect(text).toContain(",'=cmd(),");
  expect(text).toContain('""accessTokenLifetime"":3600');
  expect(web.complaints).toEqual([]);
});

itInChromium('shows the signing keys, rotates them, and withdraws one', async () => {
  const { page } = web;
  await web.signIn('/signing-keys');
  const rows = page.getByRole('table', { name: 'Signing keys' }).locator('tbody tr');
  await until(async () => (await rows.count()) === 2);
  const active = rows.filter({ hasText: 'active' });
  const kid = (await active.locator('code').textContent()) as string;
  await page.getByRole('button', { name: 'Rotate now' }).click();
  await dialog(page, 'Rotate the signing key now?').getByRole('button', { name: 'Rotate now' }).click();
  await page
    .getByText(/signs from/)
    .last()
    .waitFor();
  await rows.filter({ hasText: kid }).getByRole('button', { name: 'Revoke' }).click();
  const asked = dialog(page, `Revoke the key ${kid}?`);
  await asked.getByText('Only for a key that is in wrong hands.').waitFor();
  await asked.getByRole('button', { name: 'Revoke' }).click();
  await page.getByText(`The signing key ${kid} was revoked.`).waitFor();
  await until(async () => !(await rows.allTextContents()).join().includes(kid));
  expect(web.complaints).toEqual([]);
});

itInChromium('creates a client with a key of its own, which has no secret, and one that signs with its secret', async () => {
  const { page, app } = web;
  await web.signIn();
  const create = async (name: string, method: string) => {
    await page.getByRole('button', { name: 'New Client' }).click();
    const drawer = dialog(page, 'New Client');
    await drawer.getByLabel('Name', { exact: true }).fill(name);
    await drawer.getByLabel(method, { exact: true }).check();
    return drawer;
  };
  const keyed = await create('Keyed', 'Private key');
  await keyed.getByRole('button', { name: 'Save' }).click();
  await keyed.getByText('Paste a JWKS').waitFor();
  const { publicKey } = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
  await keyed.getByLabel('Public keys (JWKS)').fill(JSON.stringify({ keys: [await crypto.subtle.exportKey('jwk', publicKey)] }));
  await keyed.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('heading', { level: 1, name: 'Keyed' }).waitFor();
  await page.getByRole('tab', { name: 'Authentication' }).click();
  await page.getByText('This client has no secret key').waitFor();
  expect(await page.getByRole('tab', { name: 'Secret keys' }).count()).toBe(0);
  await page.getByRole('link', { name: 'Clients' }).first().click();
  const signing = await create('Signing', 'Signed with the secret');
  await signing.getByRole('button', { name: 'Save' }).click();
  const shown = dialog(page, 'Copy the secret key now');
  await shown.getByText('The application signs with this key and does not send it').waitFor();
  expect(await shown.getByRole('tab').allTextContents()).toEqual(['.env']);
  const { body } = await app.administer('{ client(clientId: "signing") { authMethod } }');
  expect(body.data.client.authMethod).toBe('CLIENT_SECRET_JWT');
  expect(web.complaints).toEqual([]);
});

itInChromium('works without an explorer where GraphiQL is switched off', async () => {
  const { page } = web;
  const app = await startApp({ GRAPHIQL: 'false' });
  await page.goto(app.url);
  await web.enter(app.admin);
  await page.getByRole('link', { name: 'Activity' }).waitFor();
  expect(await page.getByRole('link', { name: 'API explorer' }).count()).toBe(0);
  expect((await fetch(`${app.url}/graphql`, { headers: { accept: 'text/html' } })).status).toBe(406);
  expect(web.complaints).toEqual([]);
  await app.stop();
});
