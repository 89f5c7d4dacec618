import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { calculateJwkThumbprint, exportJWK, SignJWT } from 'jose';
import Provider, { type Adapter, type Configuration, ExternalSigningKey, errors, type KoaContextWithOIDC } from 'oidc-provider';

/** What its published types leave out. */
interface Inside {
  Client: {
    new (metadata: object): { asymmetricKeyStore: object; symmetricKeyStore: object };
    prototype: object;
    adapter: Adapter;
    find(id: string): Promise<object | undefined>;
  };
  OIDCContext: { prototype: object };
  ReplayDetection: { unique(clientId: string, jti: string, exp: number): Promise<boolean> };
}

const METADATA = {
  client_secret: 'the secret of the template',
  grant_types: ['client_credentials'],
  redirect_uris: [],
  response_types: [],
  token_endpoint_auth_method: 'client_secret_basic',
};
const ROW = { ...METADATA, client_id: 'app' };
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

const nothing = async () => undefined;
const nobody: Adapter = {
  find: nothing,
  findByUserCode: nothing,
  findByUid: nothing,
  upsert: nothing,
  consume: nothing,
  destroy: nothing,
  revokeByGrantId: nothing,
};

let server: Server;
let url: string;
let provider: Inside & { on(event: string, listener: (ctx: KoaContextWithOIDC, error: Refusal) => void): void };
type Refusal = Error & { error?: string; error_description?: string; error_detail?: string; cause?: Error };
const thrown: { ctx: KoaContextWithOIDC; error: Refusal }[] = [];

async function start(more: Partial<Configuration> = {}): Promise<void> {
  server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  const made = new Provider(url, {
    adapter: (model: string) => (model === 'Client' ? { ...nobody, find: async () => ROW } : nobody),
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    clientAuthMethods: ['client_secret_basic', 'client_secret_jwt', 'private_key_jwt'],
    cookies: { keys: ['unused'] },
    jwks: { keys: [{ ...(await exportJWK(privateKey)), alg: 'ES256', use: 'sig' }] },
    responseTypes: [],
    scopes: [],
    ...more,
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      introspection: { enabled: true },
      revocation: { enabled: true },
      dPoP: { enabled: true, nonceSecret: Buffer.alloc(32) },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => 'urn:api',
        getResourceServerInfo: () => ({ scope: 'read', audience: 'urn:api', accessTokenFormat: 'jwt', jwt: { sign: { alg: 'ES256' } } }),
      },
      ...more.features,
    },
  } as Configuration);
  provider = made as never;
  thrown.length = 0;
  for (const event of ['grant.error', 'introspection.error', 'revocation.error', 'server_error'])
    provider.on(event, (ctx, error) => thrown.push({ ctx, error }));
  server.on('request', made.callback());
}

beforeEach(() => start());
afterEach(() => new Promise((resolve) => server.close(resolve).closeAllConnections()));

async function post(path: string, form: Record<string, string>, headers: Record<string, string> = {}) {
  const body = new URLSearchParams(form);
  const authorization = `Basic ${Buffer.from('app:the%20secret').toString('base64')}`;
  const answer = await fetch(url + path, { method: 'POST', body, headers: { authorization, ...headers } });
  return { status: answer.status, body: (await answer.json().catch(() => ({}))) as Record<string, string> };
}

const ask = (form: Record<string, string> = {}, headers: Record<string, string> = {}) =>
  post('/token', { grant_type: 'client_credentials', ...form }, headers);

/** As we do it: whoever is found is one that was checked once, with an id of its own. */
function findByTemplate(): { secrets: unknown[]; params: unknown[] } {
  const template = new provider.Client({ ...METADATA, client_id: 'template' });
  const seen = { secrets: [] as unknown[], params: [] as unknown[] };
  provider.Client.find = async (clientId) => {
    seen.params.push(Provider.ctx?.oidc.params?.grant_type);
    return Object.assign(Object.create(template), { clientId, mark: 'ours' });
  };
  Object.assign(provider.Client.prototype, {
    compareClientSecret(this: { mark: string }, secret: string) {
      seen.secrets.push([this.mark, secret]);
      return secret === 'the secret';
    },
  });
  return seen;
}

async function proof(claims: object = {}): Promise<string> {
  const jwk = await exportJWK(publicKey);
  const header = { alg: 'ES256', typ: 'dpop+jwt', jwk };
  return new SignJWT({ htm: 'POST', htu: `${url}/token`, jti: randomUUID(), ...claims })
    .setProtectedHeader(header)
    .setIssuedAt()
    .sign(privateKey);
}

describe('oidc-provider', () => {
  it('asks `Client.find` who a client is, with the request in `Provider.ctx`, and takes whoever is made by `Object.create` of one', async () => {
    const { secrets, params } = findByTemplate();
    expect(await ask()).toMatchObject({ status: 200, body: { token_type: 'Bearer' } });
    expect(params).toEqual(['client_credentials']);
    expect(secrets).toEqual([['ours', 'the secret']]);
    expect(thrown).toEqual([]);
  });

  it('refuses as `invalid_client` whoever `compareClientSecret` refuses, and says so by the event `grant.error`', async () => {
    findByTemplate();
    const wrong = `Basic ${Buffer.from('app:wrong').toString('base64')}`;
    expect(await ask({}, { authorization: wrong })).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
    expect(thrown).toMatchObject([{ error: { error: 'invalid_client' }, ctx: { oidc: { client: { clientId: 'app' } } } }]);
  });

  it('goes by the `tokenEndpointAuthMethod` that a client has of its own, and by its key stores, which take keys by `add`', async () => {
    const template = new provider.Client({ ...METADATA, client_id: 'template' });
    const KeyStore = template.symmetricKeyStore.constructor as new () => { add(jwk: object): void };
    const secret = Buffer.alloc(32, 'k');
    provider.Client.find = async (clientId) => {
      const client = Object.assign(Object.create(template), { clientId, tokenEndpointAuthMethod: 'client_secret_jwt' });
      const keys = new KeyStore();
      keys.add({ kty: 'oct', use: 'sig', alg: 'HS256', k: secret.toString('base64url') });
      Object.defineProperty(client, 'symmetricKeyStore', { value: keys });
      return client;
    };
    const assertion = await new SignJWT({ jti: randomUUID() })
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuer('app')
      .setSubject('app')
      .setAudience(url)
      .setIssuedAt()
      .setExpirationTime('1m')
      .sign(secret);
    const form = {
      grant_type: 'client_credentials',
      client_assertion: assertion,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    };
    const answer = await fetch(`${url}/token`, { method: 'POST', body: new URLSearchParams(form) });
    expect([answer.status, thrown.map(({ error }) => error.error_detail)]).toEqual([200, []]);
    expect(template.asymmetricKeyStore).toHaveProperty('add');
  });

  it('has the adapter of clients at `Client.adapter`, with `find`', async () => {
    expect(await provider.Client.adapter.find('app')).toEqual(ROW);
  });

  it('names its URLs by `OIDCContext.prototype.urlFor`', async () => {
    findByTemplate();
    const names: string[] = [];
    Object.assign(provider.OIDCContext.prototype, {
      urlFor: (name: string) => {
        names.push(name);
        return 'https://elsewhere.example/token';
      },
    });
    expect((await ask({}, { dpop: await proof() })).body.error).toBe('invalid_dpop_proof');
    expect((await ask({}, { dpop: await proof({ htu: 'https://elsewhere.example/token' }) })).status).toBe(200);
    expect(names).toContain('token');
  });

  it('asks `ReplayDetection.unique` with client, jti and end of a proof, and calls one that is not `invalid_grant`, "DPoP proof …"', async () => {
    findByTemplate();
    const asked: unknown[] = [];
    provider.ReplayDetection.unique = async (...what) => {
      asked.push(what.map((one) => typeof one));
      return false;
    };
    expect(await ask({}, { dpop: await proof() })).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    expect(asked).toEqual([['string', 'string', 'number']]);
    expect(thrown[0]?.error.error_detail).toMatch(/^DPoP proof/);
  });

  it('names the key of a proof in the token (`cnf.jkt`)', async () => {
    findByTemplate();
    const { body } = await ask({}, { dpop: await proof() });
    const claims = JSON.parse(Buffer.from(String(body.access_token).split('.')[1] ?? '', 'base64url').toString());
    expect(claims.cnf).toEqual({ jkt: await calculateJwkThumbprint(await exportJWK(publicKey)) });
  });

  it('says of a body that is too large "request entity too large", as the cause of an error without a body', async () => {
    findByTemplate();
    expect((await ask({ x: 'x'.repeat(60_000) })).status).toBe(400);
    expect(thrown).toMatchObject([{ error: { cause: { message: 'request entity too large' } } }]);
    expect(thrown[0]?.ctx.oidc.body).toBeUndefined();
  });

  it('leaves JWTs at introspection and revocation to others, by `unsupported_token_type`, once the client is proven', async () => {
    findByTemplate();
    const { body } = await ask();
    for (const path of ['/token/introspection', '/token/revocation']) {
      thrown.length = 0;
      await post(path, { token: String(body.access_token) });
      expect(thrown).toMatchObject([{ error: { error: 'unsupported_token_type' }, ctx: { oidc: { client: { clientId: 'app' } } } }]);
    }
  });

  it('tells of what an adapter throws by the event `server_error`, with status 500', async () => {
    provider.Client.find = () => Promise.reject(new RangeError('the database is away'));
    expect((await ask()).status).toBe(500);
    expect(thrown).toMatchObject([{ error: { name: 'RangeError' } }]);
  });
});

describe('oidc-provider, set up otherwise,', () => {
  const restart = async (more: Partial<Configuration>) => {
    await new Promise((resolve) => server.close(resolve).closeAllConnections());
    await start(more);
    findByTemplate();
  };

  it('asks whether a nonce is required before it checks the signature of a proof', async () => {
    const refuse = () => {
      throw new errors.InvalidDpopProof('asked first');
    };
    await restart({ features: { dPoP: { enabled: true, nonceSecret: Buffer.alloc(32), requireNonce: refuse } } });
    const damaged = (await proof()).replace(/\.[^.]+$/, `.${Buffer.alloc(64).toString('base64url')}`);
    expect((await ask({}, { dpop: damaged })).body.error).toBe('invalid_dpop_proof');
    expect(thrown[0]?.error.error_description).toBe('asked first');
  });

  it('signs with an `ExternalSigningKey`, and lets `formats.customizers.jwt` have the last word on header and claims', async () => {
    const signed: number[] = [];
    class Key extends ExternalSigningKey {
      override get kid() {
        return 'ours';
      }
      override get alg() {
        return 'ES256';
      }
      override keyObject() {
        return publicKey;
      }
      override async sign(data: Uint8Array) {
        signed.push(data.length);
        return Buffer.alloc(64);
      }
    }
    await restart({
      jwks: { keys: [new Key()] } as never,
      features: { externalSigningSupport: { enabled: true, ack: 'experimental-01' } },
      formats: {
        customizers: {
          jwt: (_ctx, _token, parts) => {
            parts.header = { typ: 'JWT' };
            Object.assign(parts.payload, { jti: 'chosen', exp: 1 });
          },
        },
      },
    });
    const { body } = await ask();
    const [header, claims] = String(body.access_token)
      .split('.')
      .slice(0, 2)
      .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()));
    expect([header.typ, header.alg, header.kid, claims.jti, claims.exp, signed.length]).toEqual(['JWT', 'ES256', 'ours', 'chosen', 1, 1]);
  });
});
