import { createClient, createTenant, type TestApp } from './app.js';
import { makeAuthority } from './certificate-maker.js';

/** A mutation that succeeds, once what it needs is there. */
export interface RunnableMutation {
  query: string;
  variables?: object;
}

type Prepare = (app: TestApp, unique: string) => Promise<RunnableMutation>;

const PROVIDER = {
  name: 'Company login',
  issuer: 'https://login.example.com',
  clientId: 'latchkey',
  clientSecret: 'the-secret-of-the-provider',
  claim: 'groups',
  grants: [{ value: 'admins', scopes: ['clients:read', 'clients:write'] }],
};

const SET_PROVIDER = 'mutation ($input: IdentityProviderInput!) { setIdentityProvider(input: $input) { name } }';

const TRUST = 'mutation ($input: CreateTrustedIssuerInput!) { createTrustedIssuer(input: $input) { id } }';

const BELIEVE = 'mutation ($input: CreateCertificateAuthorityInput!) { createCertificateAuthority(input: $input) { fingerprint } }';

const authority = (unique: string) => makeAuthority({ subject: `authority ${unique}` }).pem;

/** A tenant trusts ten authorities, and those of mutations before need not stay. */
async function makeRoom(app: TestApp): Promise<void> {
  const { body } = await app.administer('{ certificateAuthorities { fingerprint } }');
  for (const { fingerprint } of body.data.certificateAuthorities.slice(5))
    await app.administer(`mutation { deleteCertificateAuthority(fingerprint: "${fingerprint}") { fingerprint } }`);
}

const issuerOf = (unique: string) => `https://ci-${unique}.example.com`;

/** Makes a client that came from one way to prove itself to another. */
async function move(app: TestApp, clientId: string): Promise<void> {
  await createClient(app, { clientId });
  await app.administer(
    `mutation { changeClientAuthMethod(clientId: "${clientId}", input: { authMethod: CLIENT_SECRET_JWT }) { clientSecret } }`,
  );
}

async function nextKid(app: TestApp): Promise<string> {
  const { body } = await app.administer('{ signingKeys { kid state } }');
  return body.data.signingKeys.find(({ state }: { state: string }) => state === 'NEXT').kid;
}

/** How each mutation of the schema is run with success. `unique` keeps what is made apart from what was made before. */
export const MUTATIONS: Record<string, Prepare> = {
  createClient: async (_app, unique) => ({
    query: `mutation { createClient(input: { name: "لوحة ${unique}", clientId: "new-${unique}" }) { clientSecret } }`,
  }),
  updateClient: async (app, unique) => {
    await createClient(app, { clientId: `changed-${unique}` });
    return { query: `mutation { updateClient(clientId: "changed-${unique}", input: { enabled: false, accessTokenLifetime: 60 }) { id } }` };
  },
  deleteClient: async (app, unique) => {
    await createClient(app, { clientId: `deleted-${unique}` });
    return { query: `mutation { deleteClient(clientId: "deleted-${unique}") { clientId } }` };
  },
  rotateClientSecret: async (app, unique) => {
    await createClient(app, { clientId: `rotated-${unique}` });
    return { query: `mutation { rotateClientSecret(clientId: "rotated-${unique}") { clientSecret } }` };
  },
  revokeClientSecret: async (app, unique) => {
    const clientId = `revoked-${unique}`;
    await createClient(app, { clientId });
    const { body } = await app.administer(`mutation { rotateClientSecret(clientId: "${clientId}") { client { secrets { id } } } }`);
    const [{ id }] = body.data.rotateClientSecret.client.secrets;
    return { query: `mutation { revokeClientSecret(clientId: "${clientId}", secretId: "${id}") { id } }` };
  },
  revokeClientTokens: async (app, unique) => {
    await createClient(app, { clientId: `cut-${unique}` });
    return { query: `mutation { revokeClientTokens(clientId: "cut-${unique}") { lastTokenExpiresAt } }` };
  },
  changeClientAuthMethod: async (app, unique) => {
    await createClient(app, { clientId: `moved-${unique}` });
    return {
      query: `mutation { changeClientAuthMethod(clientId: "moved-${unique}", input: { authMethod: CLIENT_SECRET_JWT }) { clientSecret } }`,
    };
  },
  endPreviousAuthMethod: async (app, unique) => {
    await move(app, `ended-${unique}`);
    return { query: `mutation { endPreviousAuthMethod(clientId: "ended-${unique}") { id } }` };
  },
  restorePreviousAuthMethod: async (app, unique) => {
    await move(app, `restored-${unique}`);
    return { query: `mutation { restorePreviousAuthMethod(clientId: "restored-${unique}") { id } }` };
  },
  refreshClientKeys: async (app, unique) => {
    await createClient(app, { clientId: `fetched-${unique}`, authMethod: 'PRIVATE_KEY_JWT', jwksUri: `${app.url}/keys-${unique}` });
    return { query: `mutation { refreshClientKeys(clientId: "fetched-${unique}") { id } }` };
  },
  createCertificateAuthority: async (app, unique) => {
    await makeRoom(app);
    return { query: BELIEVE, variables: { input: { name: 'CA', certificate: authority(unique) } } };
  },
  deleteCertificateAuthority: async (app, unique) => {
    await makeRoom(app);
    const { body } = await app.administer(BELIEVE, { input: { name: 'CA', certificate: authority(unique) } });
    const { fingerprint } = body.data.createCertificateAuthority;
    return { query: `mutation { deleteCertificateAuthority(fingerprint: "${fingerprint}") { fingerprint } }` };
  },
  createTrustedIssuer: async (_app, unique) => ({ query: TRUST, variables: { input: { name: 'CI', issuer: issuerOf(unique) } } }),
  updateTrustedIssuer: async (app, unique) => {
    await app.administer(TRUST, { input: { name: 'CI', issuer: issuerOf(unique) } });
    return { query: `mutation { updateTrustedIssuer(issuer: "${issuerOf(unique)}", input: { enabled: false }) { id } }` };
  },
  deleteTrustedIssuer: async (app, unique) => {
    await app.administer(TRUST, { input: { name: 'CI', issuer: issuerOf(unique) } });
    return { query: `mutation { deleteTrustedIssuer(issuer: "${issuerOf(unique)}") { issuer } }` };
  },
  rotateSigningKey: async () => ({ query: 'mutation { rotateSigningKey { kid } }' }),
  revokeSigningKey: async (app) => ({ query: `mutation { revokeSigningKey(kid: "${await nextKid(app)}") { kid } }` }),
  createTenant: async (_app, unique) => ({
    query: `mutation { createTenant(input: { name: "New", host: "new-${unique}.example" }) { clientSecret } }`,
  }),
  updateTenant: async (app, unique) => {
    const { url } = await createTenant(app, `changed-${unique}`);
    return {
      query: `mutation { updateTenant(host: "${new URL(url).host}", input: { name: "Changed", enabled: false, signingAlgorithm: RS256 }) { id } }`,
    };
  },
  deleteTenant: async (app, unique) => {
    const { host } = new URL((await createTenant(app, `deleted-${unique}`)).url);
    await app.api.updateTenant(host, { enabled: false });
    return { query: `mutation { deleteTenant(host: "${host}") { host } }` };
  },
  setIdentityProvider: async () => ({ query: SET_PROVIDER, variables: { input: PROVIDER } }),
  removeIdentityProvider: async (app) => {
    await app.administer(SET_PROVIDER, { input: PROVIDER });
    return { query: 'mutation { removeIdentityProvider }' };
  },
};
