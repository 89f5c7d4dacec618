import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { createClient, postForm, requestToken, startApp, type TestApp } from '../testbed/app.js';
import { alternativeNames, CLIENT, type MadeCertificate, makeAuthority, makeCertificate } from '../testbed/certificate-maker.js';
import { advanceClock, resetClock } from '../testbed/clock.js';
import { startWorkloadIssuer, type WorkloadIssuer } from '../testbed/workload-issuer.js';

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const METHODS = [
  'SECRET',
  'CLIENT_SECRET_JWT',
  'PRIVATE_KEY_JWT',
  'FEDERATED_JWT',
  'TLS_CLIENT_AUTH',
  'SELF_SIGNED_TLS_CLIENT_AUTH',
] as const;
type Method = (typeof METHODS)[number];
const PAIRS = METHODS.flatMap((from) => METHODS.filter((to) => to !== from).map((to) => [from, to] as [Method, Method]));
const MATERIAL: Readonly<Record<Method, 'jwks' | 'tlsClientAuth' | undefined>> = {
  SECRET: undefined,
  CLIENT_SECRET_JWT: undefined,
  PRIVATE_KEY_JWT: 'jwks',
  FEDERATED_JWT: undefined,
  TLS_CLIENT_AUTH: 'tlsClientAuth',
  SELF_SIGNED_TLS_CLIENT_AUTH: 'jwks',
};
const DNS = 0x82;
const OVERLAP_SECONDS = 600;

let app: TestApp;
let issuer: WorkloadIssuer;
let authority: MadeCertificate;
let made = 0;

beforeAll(async () => {
  app = await startApp({ FAILURE_LIMIT: '0', TRUST_PROXY: '127.0.0.1,::1', CLIENT_CERT_HEADER: 'rfc9440' });
  [issuer, authority] = [await startWorkloadIssuer(), makeAuthority()];
  await ask('mutation ($input: CreateTrustedIssuerInput!) { createTrustedIssuer(input: $input) { id } }', {
    input: { name: 'Platform', issuer: issuer.url },
  });
  await ask('mutation ($input: CreateCertificateAuthorityInput!) { createCertificateAuthority(input: $input) { fingerprint } }', {
    input: { name: 'Authority', certificate: authority.pem },
  });
});
afterAll(async () => {
  await app.stop();
  await issuer.stop();
});
afterEach(resetClock);

async function ask(query: string, variables: object = {}) {
  const { body, text } = await app.administer(query, variables);
  if (body.errors) throw new Error(text);
  return body.data;
}

/** What a client holds for every way at once, and how it shows each. */
interface Holder {
  clientId: string;
  /** That which is to be given with each way, keys of several ways together. */
  given: Readonly<Record<Method, object>>;
  /** The status that is answered to it. */
  show(method: Method): Promise<number>;
  secrets: Partial<Record<Method, string>>;
}

async function makeHolder(): Promise<Holder> {
  made += 1;
  const clientId = `every-${made}`;
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  const own = makeCertificate({ subject: 'itself' });
  const signed = makeCertificate({ by: authority, extensions: [...CLIENT, alternativeNames([DNS, `${clientId}.example.com`])] });
  // The two ways with keys share them: whoever goes from one to the other gives both.
  const jwks = {
    keys: [
      { ...(await exportJWK(publicKey)), kid: 'signs' },
      { ...own.keys.publicKey.export({ format: 'jwk' }), kid: 'connects' },
    ],
  };
  const secrets: Holder['secrets'] = {};
  const assert = async (sign: Promise<string>) => post({ client_assertion_type: ASSERTION_TYPE, client_assertion: await sign });
  const claims = () => new SignJWT({ iss: clientId, sub: clientId, aud: app.url, jti: `${Math.random()}` }).setExpirationTime('1 minute');
  const connect = ({ der }: MadeCertificate) => post({ client_id: clientId }, { 'client-cert': `:${der.toString('base64')}:` });
  const ways: Record<Method, () => Promise<number>> = {
    SECRET: async () => (await requestToken(app, { clientId, secret: secrets.SECRET ?? 'none' })).status,
    CLIENT_SECRET_JWT: () =>
      assert(
        claims()
          .setProtectedHeader({ alg: 'HS256' })
          .sign(Buffer.from(secrets.CLIENT_SECRET_JWT ?? '0'.repeat(40))),
      ),
    PRIVATE_KEY_JWT: () => assert(claims().setProtectedHeader({ alg: 'ES256', kid: 'signs' }).sign(privateKey)),
    FEDERATED_JWT: () => assert(issuer.sign(app.url, { claims: { sub: clientId } })),
    TLS_CLIENT_AUTH: () => connect(signed),
    SELF_SIGNED_TLS_CLIENT_AUTH: () => connect(own),
  };
  return {
    clientId,
    secrets,
    show: (method) => ways[method](),
    given: {
      SECRET: {},
      CLIENT_SECRET_JWT: {},
      PRIVATE_KEY_JWT: { jwks },
      FEDERATED_JWT: { federatedCredentials: [{ issuer: issuer.url, subject: clientId }] },
      TLS_CLIENT_AUTH: { tlsClientAuth: { sanDns: `${clientId}.example.com` } },
      SELF_SIGNED_TLS_CLIENT_AUTH: { jwks },
    },
  };
}

async function post(form: object, headers: Record<string, string> = {}): Promise<number> {
  return (await postForm(app, '/connect/token', { headers, body: { grant_type: 'client_credentials', ...form } })).status;
}

async function start(method: Method): Promise<Holder> {
  const holder = await makeHolder();
  const { clientId, given } = holder;
  const { secret } = await createClient(app, { clientId, authMethod: method, ...given[method] } as { clientId: string });
  holder.secrets[method] = secret;
  return holder;
}

async function change({ clientId, given, secrets }: Holder, method: Method, overlapSeconds = OVERLAP_SECONDS): Promise<void> {
  const { changeClientAuthMethod } = await ask(
    'mutation ($clientId: String!, $input: ChangeClientAuthMethodInput!) { changeClientAuthMethod(clientId: $clientId, input: $input) { clientSecret } }',
    { clientId, input: { authMethod: method, ...given[method], overlapSeconds } },
  );
  secrets[method] = changeClientAuthMethod.clientSecret ?? undefined;
}

const end = ({ clientId }: Holder) => ask(`mutation { endPreviousAuthMethod(clientId: "${clientId}") { id } }`);
const restore = ({ clientId }: Holder, overlapSeconds = OVERLAP_SECONDS) =>
  ask(`mutation { restorePreviousAuthMethod(clientId: "${clientId}", overlapSeconds: ${overlapSeconds}) { id } }`);

/** That these ways prove a client and no other does, and that it keeps what they go by and nothing else. */
async function expectWays(holder: Holder, ways: readonly Method[]): Promise<void> {
  const open = [];
  for (const method of METHODS) if ((await holder.show(method)) === 200) open.push(method);
  expect([...open].sort()).toEqual([...ways].sort());
  const kept = await app.installation.database.rows<{ jwks: unknown; tls_client_auth: unknown; credentials: number }>(
    `SELECT jwks, tls_client_auth, (SELECT COUNT(*) FROM federated_credentials f WHERE f.client_row_id = c.id) AS credentials
      FROM clients c WHERE client_id = ?`,
    [holder.clientId],
  );
  const material = ways.map((method) => MATERIAL[method]);
  expect(kept.map((row) => [row.jwks !== null, row.tls_client_auth !== null, Number(row.credentials)])).toEqual([
    [material.includes('jwks'), material.includes('tlsClientAuth'), ways.includes('FEDERATED_JWT') ? 1 : 0],
  ]);
}

it.each(PAIRS)('goes from %s to %s, both at first, and then the new one alone', async (from, to) => {
  const ended = await start(from);
  await expectWays(ended, [from]);
  await change(ended, to);
  await expectWays(ended, [from, to]);
  await end(ended);
  await expectWays(ended, [to]);
});

it.each(PAIRS)('goes from %s to %s at once', async (from, to) => {
  const holder = await start(from);
  await change(holder, to, 0);
  await expectWays(holder, [to]);
  await change(holder, from);
  advanceClock(OVERLAP_SECONDS + 1);
  expect([await holder.show(from), await holder.show(to)]).toEqual([200, 401]);
});

it.each(PAIRS)('goes from %s to %s and back', async (from, to) => {
  const holder = await start(from);
  await change(holder, to);
  await restore(holder);
  await expectWays(holder, [from, to]);
  await restore(holder, 0);
  await expectWays(holder, [to]);
});
