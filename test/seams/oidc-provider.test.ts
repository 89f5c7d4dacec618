import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { calculateJwkThumbprint, exportJWK, SignJWT } from 'jose';
import Provider, { type Adapter, type Configuration, ExternalSigningKey, errors, type KoaContextWithOIDC } from 'oidc-provider';

/** What its published types leave out. */
interface Inside {
  Client: { new (metadata: object): object; find(id: string): Promise<object | undefined> };
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
    adapter: () => nobody,
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    clientAuthMethods: ['client_secret_basic'],
    cookies: { keys: ['unused'] },
    jwks: { keys: [{ ...(await exportJWK(privateKey)), alg: 'ES256', use: 'sig' }] },
    responseTypes: [],
    scopes: [],
    ...more,
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
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
  for (const event of ['grant.error', 'server_error']) provider.on(event, (ctx, error) => thrown.push({ ctx, error }));
  server.on('request', made.callback());
}

beforeEach(() => start());
afterEach(() => new Promise((resolve) => server.close(resolve).closeAllConnections()));

async function post(path: string, form: Record<string, string>, headers: Record<string, string> = {}) {
  const body = new URLSearchParams(form);
  const authorization = `Basic ${Buffer.from('app:the secret of the template').toString('base64')}`;
  const answer = await fetch(url + path, { method: 'POST', body, headers: { authorization, ...headers } });
  return { status: answer.status, body: (await answer.json().catch(() => ({}))) as Record<string, string> };
}

const ask = (form: Record<string, string> = {}, headers: Record<string, string> = {}) =>
  post('/token', { grant_type: 'client_credentials', ...form }, headers);

/** As we do it: whoever is found is one that was checked once, with an id of its own. @returns with which grants it was asked for */
function findByTemplate(): unknown[] {
  const template = new provider.Client({ ...METADATA, client_id: 'template' });
  const grants: unknown[] = [];
  provider.Client.find = async (clientId) => {
    grants.push(Provider.ctx?.oidc.params?.grant_type);
    return Object.assign(Object.create(template), { clientId, mark: 'ours' });
  };
  return grants;
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
    const grants = findByTemplate();
    let seen: unknown;
    provider.on('grant.success' as never, ({ oidc }) => {
      seen = oidc.client;
    });
    expect(await ask()).toMatchObject({ status: 200, body: { token_type: 'Bearer' } });
    expect([grants, seen]).toMatchObject([['client_credentials'], { clientId: 'app', mark: 'ours' }]);
    expect(thrown).toEqual([]);
  });

  it('takes nobody without the secret that the client has from its metadata, and looks at no other way to prove oneself', async () => {
    findByTemplate();
    const wrong = `Basic ${Buffer.from('app:wrong').toString('base64')}`;
    expect(await ask({}, { authorization: wrong })).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
    expect((await ask({ client_secret: 'x', client_assertion: 'x', client_assertion_type: 'x' })).status).toBe(200);
    expect((await ask({ client_id: 'another' })).status).toBe(400);
  });

  it('reads a form by `req.iterator` where `req.readable` says that there is one, whoever has read it before', async () => {
    findByTemplate();
    server.removeAllListeners('request');
    const answer = (provider as unknown as Provider).callback();
    server.on('request', async (req, res) => {
      for await (const _ of req);
      const bytes = Buffer.from('grant_type=client_credentials&scope=read'.padEnd(Number(req.headers['content-length']), '&'));
      Object.defineProperties(req, { readable: { value: true }, iterator: { value: () => [bytes] } });
      answer(req, res);
    });
    expect(await ask({ grant_type: 'x'.repeat(100) })).toMatchObject({ status: 200, body: { scope: 'read' } });
  });

  it('names its URLs by `OIDCContext.prototype.urlFor`', async () => {
    findByTemplate();
    const names: string[] = [];
    const methods: (string | undefined)[] = [];
    Object.assign(provider.OIDCContext.prototype, {
      urlFor(this: { ctx: { req: IncomingMessage } }, name: string) {
        names.push(name);
        methods.push(this.ctx.req.method);
        return 'https://elsewhere.example/token';
      },
    });
    expect((await ask({}, { dpop: await proof() })).body.error).toBe('invalid_dpop_proof');
    expect((await ask({}, { dpop: await proof({ htu: 'https://elsewhere.example/token' }) })).status).toBe(200);
    expect(names).toContain('token');
    expect(new Set(methods)).toEqual(new Set(['POST']));
  });

  it('asks `ReplayDetection.unique` with client, jti and end of a proof, and answers with what it throws', async () => {
    findByTemplate();
    const asked: unknown[] = [];
    provider.ReplayDetection.unique = async (...what) => {
      asked.push(what.map((one) => typeof one));
      throw new errors.InvalidDpopProof('used before');
    };
    expect(await ask({}, { dpop: await proof() })).toMatchObject({
      status: 400,
      body: { error: 'invalid_dpop_proof', error_description: 'used before' },
    });
    expect(asked).toEqual([['string', 'string', 'number']]);
  });

  it('names the key of a proof in the token (`cnf.jkt`)', async () => {
    findByTemplate();
    const { body } = await ask({}, { dpop: await proof() });
    const claims = JSON.parse(Buffer.from(String(body.access_token).split('.')[1] ?? '', 'base64url').toString());
    expect(claims.cnf).toEqual({ jkt: await calculateJwkThumbprint(await exportJWK(publicKey)) });
  });

  it('tells of what `Client.find` throws by the event `server_error`, with status 500', async () => {
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
