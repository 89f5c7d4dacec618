import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readAnswer } from '../testbed/answer.js';
import { createClient, createTenant, getToken, graphql, postForm, requestToken, startApp, type TestApp } from '../testbed/app.js';
import { kind } from '../testbed/database.js';
import { deleteSession, getSession, graphqlBySession, postSession } from '../testbed/session.js';

let app: TestApp;

beforeAll(async () => {
  app = await startApp({ FAILURE_LIMIT: '0' });
});
afterAll(() => app.stop());

/** A text in the forms in which it could lie about. */
function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  return [secret, bytes.toString('base64').replaceAll('=', ''), bytes.toString('hex'), secret.slice(3, 46)];
}

it('PROTOCOL 22: a secret is in no read, log line, error or row after everything was done with it', async () => {
  const seen: string[] = [];
  const keep = async (answer: Promise<{ text: string; headers: Headers }>) => {
    const { text, headers } = await answer;
    seen.push(text, JSON.stringify([...headers]));
  };
  const client = await createClient(app, { clientId: 'secretive', scopes: ['orders:read'] });
  const secrets = [client.secret, app.admin.secret];
  await createClient(app, { clientId: 'postponed' });
  const signing = await createClient(app, { clientId: 'signing', authMethod: 'CLIENT_SECRET_JWT' });
  const read =
    '{ clients { nodes { id name clientId scopes audiences enabled secrets { id hint createdAt expiresAt } } edges { cursor } } }';

  await keep(requestToken(app, client));
  await keep(requestToken(app, { ...client, secret: `${client.secret}x` }));
  await keep(requestToken(app, client, { scope: client.secret, resource: client.secret }));
  await keep(requestToken(app, undefined, { client_id: client.secret, client_secret: client.clientId }));
  await keep(
    requestToken(app, undefined, {
      client_id: client.clientId,
      client_secret: client.secret,
      grant_type: 'password',
      password: client.secret,
    }),
  );
  await keep(requestToken(app, client, '%'.repeat(10)));
  await keep(
    fetch(`${app.url}/connect/token?client_id=secretive&client_secret=${client.secret}`, { method: 'POST' }).then(async (answer) => ({
      text: await answer.text(),
      headers: answer.headers,
    })),
  );
  await keep(app.administer(read));
  await keep(app.administer('mutation { updateClient(clientId: "secretive", input: { enabled: false }) { secrets { hint } } }'));
  await keep(app.administer('mutation { createClient(input: { name: "Again", clientId: "secretive" }) { clientSecret } }'));
  await keep(graphql(app, { token: client.secret, query: read }));

  const rotated = await app.administer('mutation { rotateClientSecret(clientId: "postponed", overlapSeconds: 60) { clientSecret } }');
  secrets.push(rotated.body.data.rotateClientSecret.clientSecret, signing.secret);
  await keep(requestToken(app, { clientId: 'postponed', secret: secrets[2] as string }));
  await keep(requestToken(app, signing));
  await keep(
    app.administer(
      '{ clients { nodes { secrets { hint lastUsedAt lastUsedIp rotation { safeToRevoke } leak { url } } usage { issued } } } }',
    ),
  );
  await keep(
    postForm(app, '/connect/introspect', { credentials: client, body: { token: client.secret, client_assertion: client.secret } }),
  );
  await keep(postForm(app, '/connect/revocation', { credentials: client, body: { token: client.secret } }));
  await keep(
    postForm(app, `/connect/leaked?token=${signing.secret}`, {
      body: { token: signing.secret, url: `https://x.example/${signing.secret}` },
    }),
  );
  await keep(app.administer('{ client(clientId: "signing") { secrets { leak { url reportedFrom } } } }'));
  const acme = await createTenant(app, 'acme');
  secrets.push(acme.admin.secret);
  const { cookie, ...begun } = await postSession(acme, acme.admin);
  secrets.push(cookie.split('=')[1] as string);
  seen.push(begun.text);
  await keep(postSession(acme, { clientId: acme.admin.secret, secret: acme.admin.secret }));
  await keep(getSession(acme, cookie));
  await keep(graphqlBySession(acme, cookie, '{ auditEvents { nodes { objectId before after } } }'));
  const providerSecret = 'a-secret-that-a-provider-gave-us';
  secrets.push(providerSecret);
  const grants = [{ value: 'x', scopes: ['clients:read'] }];
  const input = { name: 'X', issuer: 'http://localhost:1', clientId: 'x', clientSecret: providerSecret, claim: 'x', grants };
  await keep(acme.administer('mutation ($input: IdentityProviderInput!) { setIdentityProvider(input: $input) { issuer } }', { input }));
  await keep(acme.administer('{ identityProvider { clientId } }'));
  await keep(readAnswer(fetch(`${acme.url}/session/start`)));
  await keep(readAnswer(fetch(`${acme.url}/session/callback?code=${providerSecret}&state=${providerSecret}`)));
  await keep(deleteSession(acme, cookie));
  await keep(app.administer('{ auditEvents { nodes { objectId before after } } }'));
  await app.installation.use.flush();

  const stored = kind === 'sqlite' ? readFolder(join(app.database.folder, 'data')) : await app.database.dump();
  for (const form of secrets.flatMap(formsOf)) {
    expect(seen.join('\n')).not.toContain(form);
    expect(app.logLines.join('\n')).not.toContain(form);
    expect(stored).not.toContain(form);
  }
});

it('a stolen copy of the database mints no token: what is in it is neither a secret nor a key', async () => {
  const client = await createClient(app, { clientId: 'stolen' });
  const secrets = await app.database.query('SELECT id, digest, key_id, hint FROM client_secrets');
  const attempts = secrets.flatMap((row) => Object.values(row).map(String));
  for (const attempt of attempts) {
    expect((await requestToken(app, { clientId: 'stolen', secret: attempt })).status).not.toBe(200);
    expect((await requestToken(app, app.admin && { ...app.admin, secret: attempt })).status).not.toBe(200);
  }
  const dump = await app.database.dump();
  expect(dump).not.toMatch(/PRIVATE KEY|"d":/);
  expect((await requestToken(app, client)).status).toBe(200);
});

it('a digest that is copied from one client to another lets nobody in', async () => {
  const thief = await createClient(app, { clientId: 'thief' });
  await createClient(app, { clientId: 'victim', scopes: ['orders:read'] });
  const rowOf = async (clientId: string) => (await app.database.query('SELECT id FROM clients WHERE client_id = ?', [clientId]))[0]?.id;
  const [{ digest } = { digest: '' }] = await app.database.query('SELECT digest FROM client_secrets WHERE client_row_id = ?', [
    await rowOf('thief'),
  ]);
  await app.database.query('UPDATE client_secrets SET digest = ? WHERE client_row_id = ?', [digest, await rowOf('victim')]);
  expect((await requestToken(app, { clientId: 'victim', secret: thief.secret })).status).toBe(401);
});

it('what was put into a path in place of something else is in no log line', async () => {
  const client = await createClient(app, { clientId: 'misplaced' });
  const token = await getToken(app, client);
  const encoded = client.secret.replaceAll(/[a-m_]/g, (character) => `%${character.charCodeAt(0).toString(16)}`);
  const header = Buffer.from(`misplaced:${client.secret}`).toString('base64');
  for (const misplaced of [client.secret, encoded, header, header.replaceAll('=', ''), token])
    for (const path of [`/connect/leaked/${misplaced}`, `/${misplaced}`, `/graphql/${misplaced}/x`, `/assets/${misplaced}`])
      await readAnswer(fetch(app.url + path, { redirect: 'manual' }));
  // Longer than any that is looked through.
  for (let length = 950; length < 1005; length += 9) await fetch(`${app.url}/${'x'.repeat(length)}/${client.secret}`);
  const lines = app.logLines.join('\n');
  expect(lines).toContain('"path":"[longer than 1000 characters]"');
  for (let length = 10; length < client.secret.length; length += 10) expect(lines).not.toContain(client.secret.slice(0, length));
  for (const form of [...formsOf(client.secret), encoded.slice(4), header.slice(0, 60), token.split('.')[2] as string])
    expect(lines).not.toContain(form);
  expect(lines).toContain('"path":"/connect/leaked/[redacted]"');
});

it('what stands in a wrong place of a request is in no log line or row, whatever the place', async () => {
  const client = await createClient(app, { clientId: 'careless', scopes: ['orders:read'] });
  const token = await getToken(app, client);
  const encoded = encodeURIComponent(client.secret).replace('_', '%5f');
  const basic = Buffer.from(`careless:${client.secret}`).toString('base64');
  const id = await createClient(app, { clientId: 'touched' });
  for (const misplaced of [client.secret, encoded, basic, token]) {
    const headers = [
      'User-Agent',
      'Referer',
      'Origin',
      'X-Request-Id',
      'Accept',
      'Accept-Language',
      'Cookie',
      'X-Forwarded-For',
      'Traceparent',
      'If-Match',
    ];
    for (const path of ['/', '/connect/token', '/graphql', '/session', `/connect/introspect/${misplaced}`])
      for (const method of ['GET', 'POST', 'PUT'])
        await readAnswer(
          fetch(`${app.url}${path}?x=${misplaced}&${misplaced}=y`, {
            method,
            redirect: 'manual',
            headers: Object.fromEntries(headers.map((name) => [name, name === 'Cookie' ? `session=${misplaced}` : misplaced])),
          }),
        );
    for (const field of ['grant_type', 'scope', 'resource', 'client_id', 'client_assertion', misplaced])
      await requestToken(app, { ...client, secret: `${client.secret}x` }, { [field]: misplaced });
    const name = misplaced.replaceAll(/\W/g, '_');
    for (const query of [
      `query ${name} { viewer { clientId } }`,
      `{ ${name} }`,
      `{ client(clientId: "${misplaced}") { id } }`,
      `{ clients(search: "${misplaced}") { totalCount } }`,
      `{ ${misplaced}`,
    ])
      await app.administer(query);
    for (const input of [
      { name: misplaced, clientId: 'a' },
      { name: 'A', clientId: misplaced },
      { name: 'A', clientId: 'b', scopes: [misplaced] },
      { name: 'A', clientId: 'c', audiences: [`https://x.example/${misplaced}`] },
    ]) {
      const { body } = await app.administer('mutation ($input: CreateClientInput!) { createClient(input: $input) { clientSecret } }', {
        input,
      });
      expect(body.errors[0].extensions.code).toBe('BAD_USER_INPUT');
    }
    await app.administer(`mutation { revokeClientSecret(clientId: "touched", secretId: "${misplaced}") { id } }`);
    await app.administer(`mutation { updateClient(clientId: "${id.clientId}", input: { scopes: ["${misplaced}"] }) { id } }`);
  }
  await app.installation.use.flush();
  const told = app.logLines.join('') + (await app.database.dump());
  for (const form of [...formsOf(client.secret), encoded, basic.slice(0, 60), token.split('.')[2] as string])
    expect(told).not.toContain(form);
});

it('a token is in no log line', async () => {
  const token = await getToken(app, app.admin);
  await graphql(app, { token, query: '{ viewer { clientId } }' });
  await graphql(app, { token: `${token}x`, query: '{ viewer { clientId } }' });
  expect(app.logLines.join('')).not.toContain(token.split('.')[2]);
});

function readFolder(folder: string): string {
  return readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), 'latin1'))
    .join('\n');
}
