import { createClient, postForm } from '../testbed/app.js';
import {
  AUTHORITY,
  alternativeNames,
  CLIENT,
  ecKeys,
  type MadeCertificate,
  makeAuthority,
  makeCertificate,
  type Recipe,
} from '../testbed/certificate-maker.js';
import { dialog, itInChromium, setUpConsole, toSay } from '../testbed/console.js';
import { until } from '../testbed/process.js';

const CREATE_AUTHORITY = 'mutation ($input: CreateCertificateAuthorityInput!) { createCertificateAuthority(input: $input) { id } }';
const DELETE_AUTHORITY = 'mutation ($fingerprint: String!) { deleteCertificateAuthority(fingerprint: $fingerprint) { fingerprint } }';
const CREATE_CLIENT = 'mutation ($input: CreateClientInput!) { createClient(input: $input) { clientSecret } }';
const DAY_MS = 86_400_000;
const URI = 0x86;
const DNS = 0x82;

const web = setUpConsole({
  FAILURE_LIMIT: '0',
  TRUST_PROXY: '127.0.0.1,::1',
  CLIENT_CERT_HEADER: 'rfc9440',
  MTLS_HOST_PREFIX: 'mtls.',
});
/** Where the requests that the console shows go. */
const tokenUrlOf = ({ url }: { url: string }) => `${url.replace('//', '//mtls.')}/connect/token`;

beforeEach(trustNobody);

async function trustNobody(): Promise<void> {
  const { body } = await web.app.administer('{ certificateAuthorities { fingerprint } }');
  for (const { fingerprint } of body.data.certificateAuthorities) await web.app.administer(DELETE_AUTHORITY, { fingerprint });
}

async function send(query: string, input: object): Promise<void> {
  const { body, text } = await web.app.administer(query, { input });
  if (body.errors) throw new Error(text);
}

/** An authority that is trusted. */
async function trust(name: string, recipe: Recipe = {}): Promise<MadeCertificate> {
  const authority = makeAuthority(recipe);
  await send(CREATE_AUTHORITY, { name, certificate: authority.pem });
  return authority;
}

/** Asks for a token over a connection with a certificate, as a proxy hands it on. */
async function ask(clientId: string, certificate: MadeCertificate | undefined) {
  const headers: Record<string, string> = certificate ? { 'client-cert': `:${certificate.der.toString('base64')}:` } : {};
  return postForm(web.app, '/connect/token', { headers, body: { grant_type: 'client_credentials', client_id: clientId } });
}

const statusOf = async (...asked: Parameters<typeof ask>) => (await ask(...asked)).status;

async function settingsOf(clientId: string) {
  const { body } = await web.app.administer(
    `{ client(clientId: "${clientId}") {
      authMethod senderConstraint accessTokenLifetime jwks jwksUri tlsClientAuth { subjectDn sanDns sanUri sanIp sanEmail } } }`,
  );
  return body.data.client;
}

const nothingElse = { subjectDn: null, sanDns: null, sanUri: null, sanIp: null, sanEmail: null };

function rowOf(name: RegExp | string) {
  return web.page.getByRole('row', { name });
}

itInChromium('trusts an authority with an Arabic name, tells why a certificate is none, and trusts it no more', async () => {
  const { page } = web;
  const name = 'سلطة الشهادات';
  const authority = makeAuthority({ subject: 'Mesh of ours' });
  const clientId = 'meshed';
  await send(CREATE_CLIENT, { name: clientId, clientId, authMethod: 'TLS_CLIENT_AUTH', tlsClientAuth: { subjectDn: 'CN=meshed' } });
  const own = makeCertificate({ by: authority, subject: 'meshed' });
  await web.signIn();
  await page.getByRole('link', { name: 'Certificate authorities' }).click();
  await page.getByRole('heading', { name: 'No certificate authorities yet' }).waitFor();
  await page.getByRole('button', { name: 'Add authority' }).click();
  const drawer = dialog(page, 'Add authority');
  const save = drawer.getByRole('button', { name: 'Save' });
  const pem = drawer.getByLabel('Certificate (PEM)');
  await save.click();
  await drawer.getByText('Give the authority a name.').waitFor();
  await drawer.getByText('Paste its certificate.').waitFor();
  await drawer.getByLabel('Name', { exact: true }).fill(name);
  const wrong: [string, RegExp][] = [
    ['nothing of the kind', /^Give one certificate in PEM/],
    [makeCertificate().pem, /^This is no authority's certificate/],
    [makeAuthority({ notBefore: Date.now() - 3 * DAY_MS, notAfter: Date.now() - DAY_MS }).pem, /^The certificate has expired/],
    [authority.pem + authority.pem, /^Give one certificate at a time/],
  ];
  for (const [text, why] of wrong) {
    await pem.fill(text);
    await save.click();
    await drawer.getByText(why).waitFor();
    expect(await pem.getAttribute('aria-invalid')).toBe('true');
    expect(await drawer.getByRole('alert').count()).toBe(0);
  }
  expect(await statusOf(clientId, own)).toBe(401);
  await pem.fill(`\n${authority.pem}\n`);
  await save.click();
  await page.getByText(`${name} is trusted now.`).waitFor();
  await toSay(rowOf(name), /CN=Mesh of ours([0-9A-F]{2}:){31}[0-9A-F]{2}.*expires in /);
  expect(await statusOf(clientId, own)).toBe(200);

  await page.getByRole('button', { name: 'Add authority' }).click();
  await drawer.getByLabel('Name', { exact: true }).fill('Once more');
  await pem.fill(authority.pem);
  await save.click();
  await drawer.getByText('This authority is trusted already.').waitFor();
  await drawer.getByRole('button', { name: 'Cancel' }).click();
  await drawer.waitFor({ state: 'hidden' });

  await page.getByRole('button', { name: `Delete ${name}` }).click();
  const asked = dialog(page, `Delete ${name}?`);
  await asked.getByText(/gets no access token from then on/).waitFor();
  const remove = asked.getByRole('button', { name: 'Delete authority' });
  expect(await remove.isDisabled()).toBe(true);
  await asked.getByLabel('Type the name to confirm').fill(name);
  await remove.click();
  await page.getByText(`${name} is trusted no more.`).waitFor();
  await page.getByRole('heading', { name: 'No certificate authorities yet' }).waitFor();
  expect(await statusOf(clientId, own)).toBe(401);
  expect(web.complaints).toEqual([]);
});

itInChromium('warns of authorities that expire soon, and of none that does not', async () => {
  await trust('Near', { notAfter: Date.now() + 20 * DAY_MS });
  await trust('Far', { notAfter: Date.now() + 400 * DAY_MS });
  await trust('Later', { notBefore: Date.now() + 2 * DAY_MS, notAfter: Date.now() + 400 * DAY_MS });
  await web.signIn('/certificate-authorities');
  await toSay(rowOf(/Near/), /expires in (19|20) days$/);
  expect(await rowOf(/Far/).textContent()).not.toMatch(/expire|not valid/);
  await toSay(rowOf(/Later/), /not valid yet: begins in/);
});

itInChromium('creates a client that is known by a SPIFFE ID, shows how it connects, and changes the name', async () => {
  const { page, app } = web;
  await web.signIn();
  await page.getByRole('button', { name: 'New Client' }).click();
  const making = dialog(page, 'New Client');
  await making.getByLabel('Name', { exact: true }).fill('Meshed export');
  await making.getByLabel('Certificate of an authority').check();
  await making.getByText('No authority is trusted yet').waitFor();
  const authority = await trust('Mesh');
  await page.evaluate("dispatchEvent(new Event('focus'))");
  await making.getByText('No authority is trusted yet').waitFor({ state: 'hidden' });
  await making.getByText(/^There will be no secret key/).waitFor();
  await making.getByRole('button', { name: 'Save' }).click();
  await making.getByText('Give the name that its certificate has.').waitFor();
  await making.getByLabel('Name in the certificate').selectOption('URI (SPIFFE ID)');
  const uri = making.getByLabel('URI (SPIFFE ID)', { exact: true });
  await uri.fill('spiffe://example.org/export?');
  await making.getByRole('button', { name: 'Save' }).click();
  await making.getByText(/^Give a SPIFFE ID as/).waitFor();
  expect(await uri.getAttribute('aria-invalid')).toBe('true');
  await uri.fill('spiffe://example.org/export');
  await making.getByLabel('Bound to its certificate').check();
  await making.getByRole('button', { name: 'Save' }).click();
  const start = dialog(page, 'No secret key is needed');
  await start.getByText(/connects with its certificate/).waitFor();
  await start.getByText(/Its tokens are bound to its certificate/).waitFor();
  expect(await start.getByLabel('Request for SPIFFE').textContent()).toContain('spire-agent api fetch x509 -write .');
  await start.getByRole('tab', { name: 'curl' }).click();
  const request = await start.getByLabel('Request for curl').textContent();
  for (const part of ['--cert client.pem --key client.key', 'client_id=', 'meshed-export', tokenUrlOf(app)])
    expect(request).toContain(part);
  await start.getByRole('button', { name: 'Done' }).click();
  await page.getByRole('heading', { level: 1, name: 'Meshed export' }).waitFor();
  await page.getByText('Certificate of an authority', { exact: true }).waitFor();
  await page.getByText('bound to its certificate', { exact: true }).waitFor();
  expect(await settingsOf('meshed-export')).toMatchObject({
    authMethod: 'TLS_CLIENT_AUTH',
    senderConstraint: 'CERTIFICATE',
    tlsClientAuth: { ...nothingElse, sanUri: 'spiffe://example.org/export' },
  });

  const own = makeCertificate({ by: authority, extensions: [...CLIENT, alternativeNames([URI, 'spiffe://example.org/export'])] });
  const next = makeCertificate({ by: authority, extensions: [...CLIENT, alternativeNames([DNS, 'export.example.com'])] });
  expect([await statusOf('meshed-export', own), await statusOf('meshed-export', next)]).toEqual([200, 401]);
  await page.getByRole('tab', { name: 'Authentication' }).click();
  await toSay(rowOf(/^Certificate of an authority/), /current/);
  await page.getByText('spiffe://example.org/export', { exact: true }).waitFor();

  await page.getByRole('button', { name: 'Edit' }).click();
  const drawer = dialog(page, 'Edit Meshed export');
  expect(await drawer.getByLabel('URI (SPIFFE ID)', { exact: true }).inputValue()).toBe('spiffe://example.org/export');
  expect(await drawer.getByRole('button', { name: 'Save' }).isDisabled()).toBe(true);
  await drawer.getByLabel('Name in the certificate').selectOption('DNS name');
  const dns = drawer.getByLabel('DNS name', { exact: true });
  await dns.fill('*.example.com');
  await drawer.getByRole('button', { name: 'Save' }).click();
  await drawer.getByText(/^Give the DNS name without a wildcard/).waitFor();
  await dns.fill('export.example.com');
  await drawer.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Meshed export was saved.').waitFor();
  await page.getByText('export.example.com', { exact: true }).waitFor();
  expect([await statusOf('meshed-export', own), await statusOf('meshed-export', next)]).toEqual([401, 200]);
  expect(await settingsOf('meshed-export')).toMatchObject({
    senderConstraint: 'CERTIFICATE',
    tlsClientAuth: { ...nothingElse, sanDns: 'export.example.com' },
  });
  expect(web.complaints).toEqual([]);
});

itInChromium('leaves tokens bound to a certificate where nobody says otherwise, and takes that away where somebody does', async () => {
  const { page } = web;
  await send(CREATE_CLIENT, { name: 'Kept', clientId: 'kept', senderConstraint: 'CERTIFICATE' });
  await web.signIn('/client?id=kept');
  expect(await page.getByLabel('The request').textContent()).toMatch(/--cert client\.pem --key client\.key[\s\S]*-u 'kept'/);
  expect(await page.getByLabel('The request').textContent()).toContain(tokenUrlOf(web.app));
  await page.getByRole('button', { name: 'Edit' }).click();
  const drawer = dialog(page, 'Edit Kept');
  expect(await drawer.getByLabel('Bound to its certificate').isChecked()).toBe(true);
  await drawer.getByLabel('Access token lifetime').fill('900');
  await drawer.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Kept was saved.').waitFor();
  await drawer.waitFor({ state: 'hidden' });
  expect(await settingsOf('kept')).toMatchObject({ accessTokenLifetime: 900, senderConstraint: 'CERTIFICATE' });
  for (const [label, senderConstraint] of [
    ['Bound to a key (DPoP)', 'DPOP'],
    ['Any', 'NONE'],
    ['Bound to its certificate', 'CERTIFICATE'],
  ] as const) {
    await page.getByRole('button', { name: 'Edit' }).click();
    await drawer.getByLabel(label, { exact: true }).check();
    await drawer.getByRole('button', { name: 'Save' }).click();
    await drawer.waitFor({ state: 'hidden' });
    expect(await settingsOf('kept')).toMatchObject({ accessTokenLifetime: 900, senderConstraint });
  }
  expect(web.complaints).toEqual([]);
});

itInChromium('creates a client with a certificate of its own, by its key or by where that is', async () => {
  const { page } = web;
  const keys = ecKeys();
  const own = makeCertificate({ keys });
  const sent: string[] = [];
  page.on('request', (request) => sent.push(request.postData() ?? ''));
  await web.signIn();
  await page.getByRole('button', { name: 'New Client' }).click();
  const making = dialog(page, 'New Client');
  await making.getByLabel('Name', { exact: true }).fill('Own');
  await making.getByLabel('Certificate of its own').check();
  await making.getByRole('button', { name: 'Save' }).click();
  await making.getByText('Paste a JWKS').waitFor();
  const pasted = making.getByLabel('Public keys (JWKS)');
  const privateJwk = keys.privateKey.export({ format: 'jwk' });
  const privatePem = keys.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  for (const text of [JSON.stringify({ keys: [privateJwk] }), own.pem + privatePem]) {
    await pasted.fill(text);
    await making.getByText(/^This is a private key/).waitFor({ state: 'hidden' });
    await making.getByRole('button', { name: 'Save' }).click();
    await making.getByText(/^This is a private key, which belongs to the application alone\. It was not sent\./).waitFor();
    expect(await pasted.getAttribute('aria-invalid')).toBe('true');
  }
  await pasted.fill(own.pem);
  await making.getByRole('button', { name: 'Save' }).click();
  const start = dialog(page, 'No secret key is needed');
  const shown = await start.getByLabel('Request for curl').textContent();
  for (const part of ['--cert client.pem --key client.key', tokenUrlOf(web.app)]) expect(shown).toContain(part);
  await start.getByRole('button', { name: 'Done' }).click();
  await page.getByRole('heading', { level: 1, name: 'Own' }).waitFor();
  expect(sent.filter((body) => body.includes('PRIVATE KEY') || body.includes(privateJwk.d as string))).toEqual([]);
  expect(await settingsOf('own')).toMatchObject({ jwks: { keys: [keys.publicKey.export({ format: 'jwk' })] } });
  const certificates = [own, makeCertificate({ keys, subject: 'renewed' }), makeCertificate()];
  expect(await Promise.all(certificates.map((one) => statusOf('own', one)))).toEqual([200, 200, 401]);
  await page.getByRole('tab', { name: 'Authentication' }).click();
  await page.getByText(/it connects with a certificate of its own making/).waitFor();
  await page.getByRole('button', { name: 'Edit' }).click();
  const drawer = dialog(page, 'Edit Own');
  await drawer.getByLabel('From an address').check();
  await drawer.getByLabel('Address of the keys').fill('https://own.example.com/jwks');
  await drawer.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Own was saved.').waitFor();
  expect(await settingsOf('own')).toMatchObject({ jwks: null, jwksUri: 'https://own.example.com/jwks' });
  expect(web.complaints).toEqual([]);
});

itInChromium('takes a client from its secret key to a certificate, and back', async () => {
  const { page, app } = web;
  const authority = await trust('Mesh', { extensions: AUTHORITY });
  await createClient(app, { clientId: 'moved', name: 'Moved' });
  const own = makeCertificate({ by: authority, subject: 'moved' });
  await web.signIn('/client?id=moved&tab=authentication');
  await page.getByRole('button', { name: 'Change', exact: true }).click();
  const changing = dialog(page, 'Change how Moved proves itself');
  await changing.getByLabel('Certificate of an authority').check();
  await changing.getByText(/^There will be no secret key/).waitFor();
  await changing.getByLabel('Subject', { exact: true }).fill('moved');
  await changing.getByRole('button', { name: 'Change' }).click();
  await changing.getByText(/^Give the subject as RFC 4514 writes it/).waitFor();
  await changing.getByLabel('Subject', { exact: true }).fill('CN=moved');
  await changing.getByRole('button', { name: 'Change' }).click();
  await page.getByText('Moved proves itself by Certificate of an authority now.').waitFor();
  await rowOf(/^Certificate of an authority/).waitFor();
  await page.getByText('CN=moved', { exact: true }).waitFor();
  expect(await statusOf('moved', own)).toBe(200);
  await page.getByRole('button', { name: 'Go back' }).click();
  await dialog(page, 'Go back to Secret key?').getByRole('button', { name: 'Go back' }).click();
  await page.getByText('Moved proves itself by Secret key again.').waitFor();
  await page.getByText('CN=moved', { exact: true }).waitFor();
  await page.getByText('It is changed under Edit.').waitFor({ state: 'hidden' });
  await trustNobody();
  await page.reload();
  await page.getByText('No authority is trusted: it proves nothing.').waitFor();
  await until(async () => (await statusOf('moved', own)) === 401);
  expect(web.complaints).toEqual([]);
});

itInChromium('shows whoever may only read the authorities, and nothing to change them by', async () => {
  const { page, app } = web;
  await trust('Mesh');
  const reader = await createClient(app, { clientId: 'reader', name: 'Reader', scopes: ['clients:read'] });
  await web.signIn('/certificate-authorities', reader);
  await page.getByRole('table', { name: 'Certificate authorities' }).waitFor();
  for (const name of ['Add authority', /^Delete/]) expect(await page.getByRole('button', { name }).count()).toBe(0);
  expect(web.complaints).toEqual([]);
});
