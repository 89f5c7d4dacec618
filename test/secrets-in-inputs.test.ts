import { generateKeyPairSync } from 'node:crypto';
import { createTenant, startApp, type TestApp } from '../testbed/app.js';

const SECRET = `lk_${'a1B'.repeat(16)}9`;
const jwk = { ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' }), kid: 'one' };

/** What each mutation with an input takes, with a value for every text that it has. */
const INPUTS: Record<string, { query: string; input: object }> = {
  CreateClientInput: {
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
  UpdateClientInput: {
    query: 'mutation ($input: UpdateClientInput!) { updateClient(clientId: "keyed", input: $input) { id } }',
    input: { scopes: ['a'], audiences: ['https://a.example'], jwks: { keys: [jwk] } },
  },
  CreateTenantInput: {
    query: 'mutation ($input: CreateTenantInput!) { createTenant(input: $input) { tenant { id } } }',
    input: { name: 'A', host: 'a.example' },
  },
  UpdateTenantInput: {
    query: 'mutation ($input: UpdateTenantInput!) { updateTenant(host: "HOST", input: $input) { id } }',
    input: { name: 'A', defaultAudience: 'https://a.example' },
  },
  IdentityProviderInput: {
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
};
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

const cases = Object.entries(INPUTS).flatMap(([type, { query, input }]) =>
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
    if (!inputFields || !/^(Create|Update).*Input$|^IdentityProviderInput$/.test(name)) continue;
    const texts = inputFields.filter(({ type }) => /"(String|JSONObject|ClaimGrantInput)"/.test(JSON.stringify(type)));
    expect([name, texts.map((field) => field.name).filter((field) => !(field in (INPUTS[name]?.input ?? {})))]).toEqual([name, []]);
  }
});
