import { generateKeyPairSync } from 'node:crypto';
import { createTenant, startApp, type TestApp } from '../testbed/app.js';
import { makeAuthority } from '../testbed/certificate-maker.js';

const SECRET = `lk_${'a1B'.repeat(16)}9`;
const jwk = { ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' }), kid: 'one' };

const TOKEN_TERMS = { issuer: 'https://issuer.example', subject: 'a', claims: { env: 'a' }, audience: 'a' };
const NAME = { sanDns: 'a.example' };
/** What proves clients beside secrets. */
const PROOFS: Record<string, object> = {
  jwks: { authMethod: 'PRIVATE_KEY_JWT', jwks: { keys: [jwk] } },
  jwksUri: { authMethod: 'PRIVATE_KEY_JWT', jwksUri: 'https://keys.example/a' },
  federatedCredentials: { authMethod: 'FEDERATED_JWT', federatedCredentials: [TOKEN_TERMS] },
  tlsClientAuth: { authMethod: 'TLS_CLIENT_AUTH', tlsClientAuth: NAME },
};

function without(object: object, left: string): object {
  return Object.fromEntries(Object.entries(object).filter(([name]) => name !== left));
}

/** What each mutation with an input takes, with a value for every text that it has; several where texts have no place beside each other. */
const INPUTS: readonly { type: string; query: string; input: object }[] = [
  {
    type: 'CreateClientInput',
    query: 'mutation ($input: CreateClientInput!) { createClient(input: $input) { client { id } } }',
    input: {
      name: 'A',
      clientId: 'a',
      scopes: ['a'],
      audiences: ['https://a.example'],
      authMethod: 'PRIVATE_KEY_JWT',
      jwks: { keys: [jwk] },
    },
  },
  ...['jwksUri', 'federatedCredentials', 'tlsClientAuth'].map((proof) => ({
    type: 'CreateClientInput',
    query: 'mutation ($input: CreateClientInput!) { createClient(input: $input) { client { id } } }',
    input: { name: 'A', clientId: 'a', ...PROOFS[proof] },
  })),
  ...['jwksUri', 'federatedCredentials', 'tlsClientAuth'].map((proof) => ({
    type: 'UpdateClientInput',
    query: `mutation ($input: UpdateClientInput!) { updateClient(clientId: "with-${proof}", input: $input) { id } }`,
    input: without(PROOFS[proof] ?? {}, 'authMethod'),
  })),
  ...['jwks', 'jwksUri', 'federatedCredentials', 'tlsClientAuth'].map((proof) => ({
    type: 'ChangeClientAuthMethodInput',
    query:
      'mutation ($input: ChangeClientAuthMethodInput!) { changeClientAuthMethod(clientId: "moving", input: $input) { client { id } } }',
    input: PROOFS[proof] ?? {},
  })),
  {
    type: 'CreateCertificateAuthorityInput',
    query: 'mutation ($input: CreateCertificateAuthorityInput!) { createCertificateAuthority(input: $input) { id } }',
    input: { name: 'A', certificate: makeAuthority().pem },
  },
  {
    type: 'CreateTrustedIssuerInput',
    query: 'mutation ($input: CreateTrustedIssuerInput!) { createTrustedIssuer(input: $input) { id } }',
    input: { name: 'A', issuer: 'https://ci.example', jwksUri: 'https://ci.example/keys', algorithms: ['ES256'] },
  },
  {
    type: 'CreateTrustedIssuerInput',
    query: 'mutation ($input: CreateTrustedIssuerInput!) { createTrustedIssuer(input: $input) { id } }',
    input: { name: 'A', issuer: 'https://ci.example', jwks: { keys: [jwk] } },
  },
  {
    type: 'UpdateTrustedIssuerInput',
    query: 'mutation ($input: UpdateTrustedIssuerInput!) { updateTrustedIssuer(issuer: "https://issuer.example", input: $input) { id } }',
    input: { name: 'A', jwksUri: 'https://ci.example/keys', algorithms: ['ES256'] },
  },
  {
    type: 'UpdateTrustedIssuerInput',
    query: 'mutation ($input: UpdateTrustedIssuerInput!) { updateTrustedIssuer(issuer: "https://issuer.example", input: $input) { id } }',
    input: { jwks: { keys: [jwk] } },
  },
  {
    type: 'UpdateClientInput',
    query: 'mutation ($input: UpdateClientInput!) { updateClient(clientId: "keyed", input: $input) { id } }',
    input: { scopes: ['a'], audiences: ['https://a.example'], jwks: { keys: [jwk] } },
  },
  {
    type: 'CreateTenantInput',
    query: 'mutation ($input: CreateTenantInput!) { createTenant(input: $input) { tenant { id } } }',
    input: { name: 'A', host: 'a.example' },
  },
  {
    type: 'UpdateTenantInput',
    query: 'mutation ($input: UpdateTenantInput!) { updateTenant(host: "HOST", input: $input) { id } }',
    input: { name: 'A', defaultAudience: 'https://a.example' },
  },
  {
    type: 'IdentityProviderInput',
    query: 'mutation ($input: IdentityProviderInput!) { setIdentityProvider(input: $input) { name } }',
    input: {
      name: 'A',
      issuer: 'https://id.example',
      clientId: 'a',
      clientSecret: 'whatever',
      scope: 'openid a',
      claim: 'groups',
      grants: [{ value: 'admins', scopes: ['clients:read'] }],
    },
  },
];
/** Chosen among a few by the server, made of numbers, or meant to hold a secret. */
const FREE = /^(authMethod|clientSecret|jwks\.keys\.0\.(kty|crv|x|y)|grants\.0\.scopes\.0)$/;

let app: TestApp;
let host: string;
beforeAll(async () => {
  app = await startApp();
  host = new URL((await createTenant(app, 'acme')).url).host;
  await app.administer('mutation ($input: CreateClientInput!) { createClient(input: $input) { client { id } } }', {
    input: { name: 'K', clientId: 'keyed', authMethod: 'PRIVATE_KEY_JWT', jwks: { keys: [jwk] } },
  });
  await app.administer('mutation ($input: CreateTrustedIssuerInput!) { createTrustedIssuer(input: $input) { id } }', {
    input: { name: 'I', issuer: TOKEN_TERMS.issuer },
  });
  for (const [proof, input] of Object.entries({ ...PROOFS, moving: {} }))
    await app.administer('mutation ($input: CreateClientInput!) { createClient(input: $input) { client { id } } }', {
      input: { name: 'K', clientId: proof === 'moving' ? proof : `with-${proof}`, ...input },
    });
});
afterAll(() => app.stop());

/** The ways to all texts in a value. */
function textsIn(value: unknown, way: string[] = []): string[][] {
  if (typeof value === 'string') return [way];
  return Object.entries(value as object).flatMap(([name, member]) => textsIn(member, [...way, name]));
}

function put(value: unknown, [name, ...rest]: string[], text: (before: string) => string): unknown {
  if (name === undefined) return text(value as string);
  const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Record<string, unknown>;
  copy[name] = put(copy[name], rest, text);
  return copy;
}

const cases = INPUTS.flatMap(({ type, query, input }) =>
  textsIn(input)
    .filter((way) => !FREE.test(way.join('.')))
    .map((way): [string, string, string, object] => {
      const withSecret = put(input, way, (before) => (before.startsWith('https:') ? `${before}/${SECRET}` : `${before} ${SECRET}`.trim()));
      return [type, way.join('.'), query, withSecret as object];
    }),
);

it.each(cases)('%s takes no secret as %s, and keeps none', async (_type, _way, query, input) => {
  const { body } = await app.administer(query.replace('HOST', host), { input });
  expect(body.errors[0].extensions.code).toBe('BAD_USER_INPUT');
  expect(await app.database.dump()).not.toContain(SECRET);
});

it('knows every text that an input of a mutation has', async () => {
  const { body } = await app.administer(
    '{ __schema { types { kind name inputFields { name type { kind name ofType { name ofType { name ofType { name } } } } } } } }',
  );
  interface Type {
    kind: string;
    name: string;
    inputFields: { name: string; type: object }[] | null;
  }
  for (const { name, inputFields } of body.data.__schema.types as Type[]) {
    if (!inputFields || !/^(Create|Update|Change).*Input$|^IdentityProviderInput$/.test(name)) continue;
    const texts = inputFields.filter(({ type }) =>
      /"(String|JSONObject|ClaimGrantInput|FederatedCredentialInput|TlsClientAuthInput)"/.test(JSON.stringify(type)),
    );
    const known = Object.assign({}, ...INPUTS.filter(({ type }) => type === name).map(({ input }) => input));
    expect([name, texts.map((field) => field.name).filter((field) => !(field in known))]).toEqual([name, []]);
  }
});
