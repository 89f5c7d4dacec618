import { createClient, postForm, requestToken } from '../testbed/app.js';
import { dialog, inMemory, itInChromium, readable, setUpConsole, toSay } from '../testbed/console.js';
import { until } from '../testbed/process.js';
import { startWorkloadIssuer, type TokenParts, type WorkloadIssuer } from '../testbed/workload-issuer.js';

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const CREATE_ISSUER = 'mutation ($input: CreateTrustedIssuerInput!) { createTrustedIssuer(input: $input) { issuer } }';
const CREATE_CLIENT = 'mutation ($input: CreateClientInput!) { createClient(input: $input) { clientSecret } }';
const GITHUB = 'https://token.actions.githubusercontent.com';

const web = setUpConsole({ FAILURE_LIMIT: '0' });
let issuer: WorkloadIssuer;

beforeAll(async () => {
  issuer = await startWorkloadIssuer();
});

afterAll(async () => {
  await issuer?.stop();
});

async function send(query: string, input: object): Promise<void> {
  const { body, text } = await web.app.administer(query, { input });
  if (body.errors) throw new Error(text);
}

/** Trusts issuers that are not trusted yet. */
async function trust(...issuers: { name: string; issuer: string; [setting: string]: unknown }[]): Promise<void> {
  const { body } = await web.app.administer('{ trustedIssuers { issuer } }');
  const known = body.data.trustedIssuers.map((one: { issuer: string }) => one.issuer);
  for (const input of issuers) if (!known.includes(input.issuer)) await send(CREATE_ISSUER, input);
}

/** Asks for a token with one of the platform. @returns the status */
async function ask(parts: TokenParts, audience = web.app.url, clientId?: string): Promise<number> {
  const client_assertion = await issuer.sign(audience, parts);
  const body = { grant_type: 'client_credentials', client_assertion_type: ASSERTION_TYPE, client_assertion };
  return (await postForm(web.app, '/connect/token', { body: { ...body, ...(clientId && { client_id: clientId }) } })).status;
}

/** Writes what was counted and refused, which the server does by itself in a while. */
async function settle(): Promise<void> {
  await web.app.installation.use.flush();
  await web.app.installation.refusals.flush();
}

function rowOf(name: RegExp | string) {
  return web.page.getByRole('row', { name });
}

itInChromium('trusts a platform, lets a client prove itself by it, and tells what it refused and why', async () => {
  const { page, app } = web;
  await web.signIn('/trusted-issuers');
  await page.getByRole('heading', { name: 'No trusted issuers yet' }).waitFor();
  await page.getByRole('button', { name: 'Add issuer' }).click();
  const adding = dialog(page, 'Add issuer');
  await adding.getByText('GitLab', { exact: true }).click();
  expect(await adding.getByLabel('Issuer', { exact: true }).inputValue()).toBe('https://gitlab.com');
  await adding.getByLabel('Name', { exact: true }).fill('Build cluster');
  await adding.getByLabel('Issuer', { exact: true }).fill(issuer.url);
  await adding.getByLabel('ES256').check();
  await adding.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Build cluster is trusted now.').waitFor();
  await toSay(rowOf(/Build cluster/), /not asked for yet.*Enabled/);

  await page.getByRole('link', { name: 'Clients' }).first().click();
  await page.getByRole('button', { name: 'New Client' }).click();
  const making = dialog(page, 'New Client');
  await making.getByLabel('Name', { exact: true }).fill('Exporter');
  await making.getByLabel('Platform identity').check();
  expect(await making.getByLabel('Trusted issuer').inputValue()).toBe(issuer.url);
  await making.getByText(`Without one it is ${app.url}.`, { exact: false }).last().waitFor();
  await making.getByLabel('Subject', { exact: true }).fill('job:exporter');
  await making.getByRole('button', { name: 'Add a claim' }).click();
  await making.getByLabel('Claim 1', { exact: true }).fill('deploy');
  await making.getByLabel('Value 1', { exact: true }).fill('{"stage": "production"}');
  await making.getByLabel('Form of value 1').selectOption('JSON');
  await making.getByRole('button', { name: 'Save' }).click();
  const start = dialog(page, 'No secret key is needed');
  await start.getByRole('tab', { name: 'GitHub Actions' }).click();
  const workflow = await start.getByLabel('Request for GitHub Actions').textContent();
  for (const part of [`'${app.url}/connect/token'`, "'exporter'", `'${app.url}'`, 'id-token: write']) expect(workflow).toContain(part);
  await start.getByRole('button', { name: 'Copy for GitHub Actions' }).click();
  await until(async () => (await page.evaluate('navigator.clipboard.readText()')) === workflow);
  await start.getByRole('button', { name: 'Done' }).click();
  await page.getByRole('heading', { level: 1, name: 'Exporter' }).waitFor();

  const right = { claims: { sub: 'job:exporter', deploy: { stage: 'production', by: 'somebody' } } };
  const wrong = { claims: { sub: 'job:exporter', deploy: { stage: 'test' } } };
  expect([await ask(right), await ask(wrong)]).toEqual([200, 401]);
  await settle();
  await page.getByRole('tab', { name: 'Authentication' }).click();
  await toSay(rowOf(/^Platform identity/), /Platform identity1.*from 127\.0\.0\.1current/);
  await page.getByText(/^1 time, last/).waitFor();

  await page.getByRole('button', { name: 'Test an assertion' }).click();
  const testing = dialog(page, 'Test an assertion');
  expect(await testing.getByLabel('Client Id').inputValue()).toBe('exporter');
  await testing.getByRole('button', { name: 'Test', exact: true }).click();
  await testing.getByText(/Give a signed JWT/).waitFor();
  const assertion = await issuer.sign(app.url, wrong);
  await testing.getByLabel('Assertion', { exact: true }).fill(assertion);
  await testing.getByRole('button', { name: 'Test', exact: true }).click();
  await testing.getByText('It would be refused.').waitFor();
  const checks = testing.getByRole('list', { name: 'Checks' }).getByRole('listitem');
  const signs = { Passed: 3, Failed: 1, 'Not reached': 5 };
  for (const [name, count] of Object.entries(signs)) expect(await checks.getByLabel(name, { exact: true }).count()).toBe(count);
  const failing = checks.filter({ has: page.getByLabel('Failed') });
  await toSay(failing, /no credential of the client has this subject and these claims.*Aboutdeploy.*Expected.*production.*Received.*test/);
  await testing.getByLabel('Assertion', { exact: true }).fill(await issuer.sign(app.url, right));
  await testing.getByRole('button', { name: 'Test', exact: true }).click();
  await testing.getByText('It would be accepted.').waitFor();
  expect(await testing.getByRole('link', { name: 'exporter' }).getAttribute('href')).toBe('/client?id=exporter');
  await testing.getByRole('button', { name: 'Close' }).last().click();
  await testing.waitFor({ state: 'hidden' });
  expect(await readable(page, assertion, assertion.split('.')[2] as string)).toEqual([]);

  await page.getByRole('tab', { name: 'Refusals' }).click();
  const refused = page.getByRole('table', { name: 'Refusals' }).locator('tbody tr');
  await until(async () => (await refused.count()) === 1);
  expect(await inMemory(page, assertion.split('.')[2] as string)).toEqual([]);
  await toSay(refused, /127\.0\.0\.1Platform identityno credential .*Aboutdeploy.*Expected.*production.*Received.*test/);
  await web.open('/trusted-issuers');
  await rowOf(/Build cluster/)
    .getByText(/1 key, fetched/)
    .waitFor();
  expect(web.complaints).toEqual([]);
});

itInChromium('takes a client from its secret key to its platform with an overlap, and ends the key when it is safe', async () => {
  const { page, app } = web;
  await trust({ name: 'Build cluster', issuer: issuer.url });
  const { secret } = await createClient(app, { clientId: 'moving', name: 'Moving' });
  const withSecret = async () => (await requestToken(app, { clientId: 'moving', secret })).status;
  const withToken = () => ask({ claims: { sub: 'job:moving' } });
  await web.signIn('/client?id=moving&tab=authentication');
  await page.getByText('see Secret keys').first().waitFor();
  await page.getByRole('button', { name: 'Change', exact: true }).click();
  const changing = dialog(page, 'Change how Moving proves itself');
  await changing.getByLabel('Platform identity').waitFor();
  expect(await changing.getByLabel('Secret key', { exact: true }).count()).toBe(0);
  await changing.getByRole('button', { name: 'Change' }).click();
  await changing.getByText('Choose a trusted issuer.').waitFor();
  await changing.getByLabel('Trusted issuer').selectOption('Build cluster');
  await changing.getByLabel('Subject', { exact: true }).fill('job:moving');
  await changing.getByLabel('7 days').check();
  await changing.getByRole('button', { name: 'Change' }).click();
  await page.getByText('Moving proves itself by Platform identity now.').waitFor();
  expect([await withSecret(), await withToken()]).toEqual([200, 200]);
  await settle();
  await page.reload();
  await toSay(rowOf(/^Secret key/), /Secret key1.*from 127\.0\.0\.1still in useends /);
  await page.getByRole('tab', { name: 'Secret keys' }).click();
  await page.getByRole('table', { name: 'Secret keys' }).waitFor();
  expect(await page.getByRole('button', { name: 'Rotate' }).count()).toBe(0);

  await page.getByRole('tab', { name: 'Authentication' }).click();
  await page.getByRole('button', { name: 'Go back' }).click();
  const back = dialog(page, 'Go back to Secret key?');
  await back.getByLabel('1 hour').check();
  await back.getByRole('button', { name: 'Go back' }).click();
  await page.getByText('Moving proves itself by Secret key again.').waitFor();
  await toSay(rowOf(/^Secret key/), /current/);
  expect([await withSecret(), await withToken()]).toEqual([200, 200]);
  await page.getByRole('button', { name: 'Go back' }).click();
  await dialog(page, 'Go back to Platform identity?').getByRole('button', { name: 'Go back' }).click();
  await page.getByText('Moving proves itself by Platform identity again.').waitFor();
  await toSay(rowOf(/^Platform identity/), /current/);

  await page.getByRole('button', { name: 'End it now' }).click();
  const ending = dialog(page, 'End Secret key now?');
  await ending.getByText(/It was not used since the change/).waitFor();
  await ending.getByRole('button', { name: 'End it now' }).click();
  await page.getByText('Moving proves itself by Platform identity alone.').waitFor();
  await rowOf(/^Secret key/).waitFor({ state: 'detached' });
  expect([await withSecret(), await withToken()]).toEqual([401, 200]);
  expect(web.complaints).toEqual([]);
});

itInChromium('shows the secret of a way that has one, once', async () => {
  const { page, app } = web;
  await trust({ name: 'Build cluster', issuer: issuer.url });
  const federatedCredentials = [{ issuer: issuer.url, subject: 'job:homing' }];
  await send(CREATE_CLIENT, { name: 'Homing', clientId: 'homing', authMethod: 'FEDERATED_JWT', federatedCredentials });
  await web.signIn('/client?id=homing&tab=authentication');
  await page.getByRole('button', { name: 'Change', exact: true }).click();
  const changing = dialog(page, 'Change how Homing proves itself');
  await changing.getByLabel('Stop now').check();
  await changing.getByText(/is refused from this moment on/).waitFor();
  await changing.getByRole('button', { name: 'Change' }).click();
  const shown = dialog(page, 'Copy the secret key now');
  const secret = await shown.getByLabel('Secret key', { exact: true }).inputValue();
  await shown.getByLabel('I have saved the secret key').check();
  await shown.getByRole('button', { name: 'Done' }).click();
  expect((await requestToken(app, { clientId: 'homing', secret })).status).toBe(200);
  expect(await ask({ claims: { sub: 'job:homing' } })).toBe(401);
  expect(await readable(page, secret)).toEqual([]);
  await page.getByText('see Secret keys').first().waitFor();
  expect(web.complaints).toEqual([]);
});

itInChromium('puts what is wrong with an identity at that identity, whoever finds it', async () => {
  const { page, app } = web;
  await trust({ name: 'Build cluster', issuer: issuer.url }, { name: 'GitHub Actions', issuer: GITHUB });
  await web.signIn();
  await page.getByRole('button', { name: 'New Client' }).click();
  const drawer = dialog(page, 'New Client');
  await drawer.getByLabel('Name', { exact: true }).fill('Faulty identity');
  await drawer.getByLabel('Platform identity').check();
  const first = drawer.getByRole('group', { name: 'Identity 1' });
  const second = drawer.getByRole('group', { name: 'Identity 2' });
  await first.getByLabel('Trusted issuer').selectOption('GitHub Actions');
  await first.getByRole('button', { name: 'Environment' }).click();
  expect(await first.getByLabel('Subject', { exact: true }).inputValue()).toBe('repo:<owner>/<repository>:environment:production');
  await drawer.getByRole('button', { name: 'Save' }).click();
  await first.getByText('Put your own in place of <owner> and <repository>.').waitFor();
  await first.getByLabel('Subject', { exact: true }).fill('repo:octo-org/octo-repo:environment:production');
  await drawer.getByRole('button', { name: 'Add another identity' }).click();
  await second.getByRole('button', { name: 'Any tag' }).click();
  expect(await second.getByLabel('Claim 1', { exact: true }).inputValue()).toBe('repository_id');
  await drawer.getByRole('button', { name: 'Save' }).click();
  await second.getByText('Give the claim repository_id a value.').waitFor();
  const markedAs = () => page.evaluate('[...document.querySelectorAll("[aria-invalid=true]")].map(({ labels }) => labels[0].textContent)');
  expect(await markedAs()).toEqual(['Value 1']);
  expect(await second.getByLabel('Value 1', { exact: true }).getAttribute('aria-errormessage')).toBe(
    await second.getByText('Give the claim repository_id a value.').getAttribute('id'),
  );
  await second.getByLabel('Claim 1', { exact: true }).fill('exp');
  await second.getByLabel('Value 1', { exact: true }).fill('1');
  await second.getByLabel('Subject pattern').fill('repo:octo-org/octo-repo:*');
  await drawer.getByRole('button', { name: 'Save' }).click();
  await second.getByText('It has the claim exp, which is looked at by itself.').waitFor();
  expect(await markedAs()).toEqual(['Claim 1']);
  await second.getByRole('button', { name: 'Remove claim 1' }).click();
  expect(await page.evaluate('document.activeElement?.textContent')).toBe('Add a claim');
  await second.getByLabel('Audience').fill('an ä');
  await drawer.getByRole('button', { name: 'Save' }).click();
  await second.getByText(/^It has an audience that is none/).waitFor();
  expect(await markedAs()).toEqual(['Audience']);
  await second.getByLabel('Audience').fill('');
  await second.getByLabel('Subject pattern').fill('repo:octo-org/octo-repo:ref:refs/tags/*');
  await drawer.getByRole('button', { name: 'Save' }).click();
  await second.getByText(/^It has a subject pattern, and everybody has tokens of this issuer/).waitFor();
  await until(async () => (await page.evaluate('document.activeElement?.getAttribute("aria-invalid")')) === 'true');
  expect(await markedAs()).toEqual(['Subject pattern']);
  expect(await drawer.getByRole('alert').filter({ hasText: 'Nothing was changed' }).count()).toBe(0);
  await drawer.getByRole('button', { name: 'Remove identity 2' }).click();
  await drawer.getByLabel('Bound to a key (DPoP)').check();
  await drawer.getByRole('button', { name: 'Save' }).click();
  await dialog(page, 'No secret key is needed')
    .getByText(/Its tokens are bound to a key/)
    .waitFor();
  const { body } = await app.administer('{ client(clientId: "faulty-identity") { senderConstraint federatedCredentials { subject } } }');
  expect(body.data.client).toEqual({
    senderConstraint: 'DPOP',
    federatedCredentials: [{ subject: 'repo:octo-org/octo-repo:environment:production' }],
  });
  expect(web.complaints).toEqual([]);
});

itInChromium('edits the identities of a client, of which those that stay keep their use', async () => {
  const { page, app } = web;
  await trust({ name: 'Build cluster', issuer: issuer.url });
  const federatedCredentials = [
    { issuer: issuer.url, subject: 'job:one', claims: { stage: 'production', level: 3 } },
    { issuer: issuer.url, subject: 'job:two', audience: 'https://other.example' },
  ];
  await send(CREATE_CLIENT, { name: 'Edited', clientId: 'edited', authMethod: 'FEDERATED_JWT', federatedCredentials });
  expect(await ask({ claims: { sub: 'job:one', stage: 'production', level: 3 } })).toBe(200);
  await settle();
  await web.signIn('/client?id=edited&tab=authentication');
  await page.getByRole('button', { name: 'Edit' }).click();
  const drawer = dialog(page, 'Edit Edited');
  const second = drawer.getByRole('group', { name: 'Identity 2' });
  expect(await second.getByLabel('Audience').inputValue()).toBe('https://other.example');
  expect(await drawer.getByRole('button', { name: 'Save' }).isDisabled()).toBe(true);
  await second.getByLabel('Subject', { exact: true }).fill('job:three');
  await drawer.getByLabel('Bound to a key (DPoP)').check();
  await drawer.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Edited was saved.').waitFor();
  const { body } = await app.administer(
    '{ client(clientId: "edited") { senderConstraint federatedCredentials { subject useCount claims audience } } }',
  );
  expect(body.data.client).toEqual({
    senderConstraint: 'DPOP',
    federatedCredentials: [
      { subject: 'job:one', useCount: 1, claims: { stage: 'production', level: 3 }, audience: app.url },
      { subject: 'job:three', useCount: 0, claims: {}, audience: 'https://other.example' },
    ],
  });
  await page.getByText('job:three').waitFor();
  expect(web.complaints).toEqual([]);
});

itInChromium('fetches the keys of a client from their address, and says why when that fails', async () => {
  const { page } = web;
  await web.signIn();
  await page.getByRole('button', { name: 'New Client' }).click();
  const drawer = dialog(page, 'New Client');
  await drawer.getByLabel('Name', { exact: true }).fill('Publishing');
  await drawer.getByLabel('Private key', { exact: true }).check();
  await drawer.getByLabel('From an address').check();
  await drawer.getByLabel('Address of the keys').fill('ftp://keys.example');
  await drawer.getByRole('button', { name: 'Save' }).click();
  await drawer.getByText('Give an https URL.').waitFor();
  await drawer.getByLabel('Address of the keys').fill('https://10.0.0.1/keys');
  await drawer.getByRole('button', { name: 'Save' }).click();
  await until(async () => (await drawer.getByLabel('Address of the keys').getAttribute('aria-invalid')) === 'true');
  await drawer.getByLabel('Address of the keys').fill(`${issuer.url}/nothing`);
  await drawer.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('heading', { level: 1, name: 'Publishing' }).waitFor();
  await page.getByRole('tab', { name: 'Authentication' }).click();
  await page.getByText(/^Not fetched yet/).waitFor();
  await page.getByRole('button', { name: 'Fetch now' }).click();
  await page.getByText(/The last time they could not be fetched: .*404/).waitFor();
  await page.getByRole('button', { name: 'Edit' }).click();
  await dialog(page, 'Edit Publishing').getByLabel('Address of the keys').fill(`${issuer.url}/jwks`);
  await dialog(page, 'Edit Publishing').getByRole('button', { name: 'Save' }).click();
  await page.getByText(/could not be fetched/).waitFor({ state: 'hidden' });
  await page.getByText(/^Not fetched yet/).waitFor();
  await page.getByRole('button', { name: 'Fetch now' }).click();
  await page.getByText('The keys of Publishing were fetched.').waitFor();
  await page.getByText(/^Fetched /).waitFor();
  await page.getByRole('tab', { name: 'Refusals' }).click();
  await page.getByRole('heading', { name: 'Nothing was refused lately.' }).waitFor();
  expect(web.complaints).toEqual([]);
});

itInChromium('changes an issuer, disables it, and deletes it after saying what ends', async () => {
  const { page, app } = web;
  const doomed = await startWorkloadIssuer();
  await trust({ name: 'مجموعة البناء', issuer: doomed.url });
  await web.signIn('/trusted-issuers');
  await page.getByRole('button', { name: 'Edit مجموعة البناء' }).click();
  const drawer = dialog(page, 'Edit مجموعة البناء');
  expect(await drawer.getByRole('group', { name: 'Issuer' }).textContent()).toContain(doomed.url);
  expect(await drawer.getByRole('textbox', { name: 'Issuer' }).count()).toBe(0);
  await drawer.getByLabel('Pasted').check();
  await drawer.getByLabel('Public keys (JWKS)').fill('{}');
  await drawer.getByRole('button', { name: 'Save' }).click();
  await drawer.getByText('Paste a JWKS').waitFor();
  await drawer.getByLabel('Public keys (JWKS)').fill(JSON.stringify(doomed.jwks()));
  await drawer.getByLabel('Longest token life').fill('900');
  await drawer.getByLabel('Single use').click();
  await drawer.getByLabel('Enabled').click();
  await drawer.getByText(/are cut for good/).waitFor();
  await drawer.getByRole('button', { name: 'Save' }).click();
  await drawer.waitFor({ state: 'hidden' });
  await toSay(rowOf(/مجموعة/), /1 key, given.*Disabled/);
  const { body } = await app.administer('{ trustedIssuers { issuer maxAssertionLifetime singleUse enabled } }');
  expect(body.data.trustedIssuers).toContainEqual({ issuer: doomed.url, maxAssertionLifetime: 900, singleUse: true, enabled: false });
  await page.getByRole('button', { name: 'Edit مجموعة البناء' }).click();
  await drawer.getByLabel('From the issuer').check();
  await drawer.getByRole('button', { name: 'Save' }).click();
  await drawer.waitFor({ state: 'hidden' });
  await rowOf(/مجموعة/)
    .getByText('not asked for yet')
    .waitFor();
  await page.getByRole('button', { name: 'Delete مجموعة البناء' }).click();
  const asked = dialog(page, 'Delete مجموعة البناء?');
  await asked.getByText(/those that were issued through it are cut at once/).waitFor();
  expect(await asked.getByRole('button', { name: 'Delete issuer' }).isDisabled()).toBe(true);
  await asked.getByLabel('Type the name to confirm').fill('مجموعة البناء');
  await asked.getByRole('button', { name: 'Delete issuer' }).click();
  await page.getByText('مجموعة البناء is trusted no more.').waitFor();
  await rowOf(/مجموعة/).waitFor({ state: 'detached' });
  await doomed.stop();
  expect(web.complaints).toEqual([]);
});

itInChromium('fills in an issuer for each platform, and takes none that is trusted already or left half filled in', async () => {
  const { page } = web;
  await trust({ name: 'GitHub Actions', issuer: GITHUB });
  await web.signIn('/trusted-issuers');
  await page.getByRole('button', { name: 'Add issuer' }).click();
  const drawer = dialog(page, 'Add issuer');
  const platforms = ['GitLab', 'Kubernetes', 'SPIFFE', 'Google', 'Azure', 'AWS (EKS)', 'Buildkite', 'GitHub Actions'];
  const filled: string[] = [];
  for (const name of platforms) {
    await drawer.getByText(name, { exact: true }).click();
    await until(async () => (await drawer.getByLabel('Name', { exact: true }).inputValue()) === name);
    filled.push(await drawer.getByLabel('Issuer', { exact: true }).inputValue());
  }
  expect(filled).toEqual([
    'https://gitlab.com',
    'https://kubernetes.default.svc.cluster.local',
    'spiffe://example.org',
    'https://accounts.google.com',
    'https://login.microsoftonline.com/<tenant-id>/v2.0',
    'https://oidc.eks.<region>.amazonaws.com/id/<id>',
    'https://agent.buildkite.com',
    GITHUB,
  ]);
  await drawer.getByRole('button', { name: 'Save' }).click();
  await drawer.getByText('This issuer is trusted already. Change it where it stands.').waitFor();
  await drawer.getByText('AWS (EKS)', { exact: true }).click();
  await drawer.getByRole('button', { name: 'Save' }).click();
  await drawer.getByText('Put your own in place of <region> and <id>.').waitFor();
  await page.keyboard.press('Escape');
  await drawer.getByText('Discard what you typed?').waitFor();
  await drawer.getByRole('button', { name: 'Discard' }).click();
  await drawer.waitFor({ state: 'hidden' });
  expect(web.complaints).toEqual([]);
});

itInChromium('offers a way to the issuers where none is trusted, and keeps what was typed', async () => {
  const { page, app } = web;
  const { body } = await app.administer('{ trustedIssuers { issuer } }');
  const before = body.data.trustedIssuers.map((one: { issuer: string }) => one.issuer);
  for (const one of before)
    await app.administer('mutation ($issuer: String!) { deleteTrustedIssuer(issuer: $issuer) { issuer } }', { issuer: one });
  await web.signIn();
  await page.getByRole('button', { name: 'New Client' }).click();
  const drawer = dialog(page, 'New Client');
  await drawer.getByLabel('Name', { exact: true }).fill('Early');
  await drawer.getByLabel('Platform identity').check();
  await drawer.getByText('No issuer is trusted yet').waitFor();
  expect(await drawer.getByRole('link', { name: 'Trusted issuers' }).getAttribute('href')).toBe('/trusted-issuers');
  await trust({ name: 'Build cluster', issuer: issuer.url });
  await page.evaluate("dispatchEvent(new Event('focus'))");
  await drawer.getByText('No issuer is trusted yet').waitFor({ state: 'hidden' });
  await drawer.getByLabel('Trusted issuer').selectOption('Build cluster');
  expect(await drawer.getByLabel('Name', { exact: true }).inputValue()).toBe('Early');
  expect(web.complaints).toEqual([]);
});

itInChromium('shows whoever may only read how clients prove themselves, and nothing to change it by', async () => {
  const { page, app } = web;
  await trust({ name: 'Build cluster', issuer: issuer.url });
  const federatedCredentials = [{ issuer: issuer.url, subject: 'job:read' }];
  await send(CREATE_CLIENT, { name: 'Looked at', clientId: 'looked-at', authMethod: 'FEDERATED_JWT', federatedCredentials });
  const reader = await createClient(app, { clientId: 'reader', name: 'Reader', scopes: ['clients:read'] });
  await web.signIn('/trusted-issuers', reader);
  await page.getByRole('table', { name: 'Trusted issuers' }).waitFor();
  for (const name of ['Add issuer', /^Edit/, /^Delete/]) expect(await page.getByRole('button', { name }).count()).toBe(0);
  await web.open('/client?id=looked-at&tab=authentication');
  await page.getByRole('table', { name: 'Ways in use' }).waitFor();
  expect(await page.getByRole('button', { name: 'Change' }).count()).toBe(0);
  expect(web.complaints).toEqual([]);
});
