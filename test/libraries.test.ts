import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { JwtVerifier } from 'aws-jwt-verify';
import { SimpleJwksCache } from 'aws-jwt-verify/jwk';
import express from 'express';
import { auth, requiredScopes } from 'express-oauth2-jwt-bearer';
import { decodeJwt, decodeProtectedHeader, exportJWK, SignJWT } from 'jose';
import * as oauth from 'oauth4webapi';
import * as oidc from 'openid-client';
import { ClientCredentials } from 'simple-oauth2';
import { readConfig } from '../src/platform/config.js';
import { SIGNING_ALGORITHMS } from '../src/platform/setting-values.js';
import { createClient, getToken, startApp, type TestApp } from '../testbed/app.js';

const INSECURE = { [oauth.allowInsecureRequests]: true };
const LIFETIME_SECONDS = 600;

let app: TestApp;
let api: string;

beforeAll(async () => {
  app = await startApp();
  api = `${app.url}/api`;
});
afterAll(() => app.stop());

/** A client that may have tokens for two APIs. */
const register = (clientId: string, input: object = {}) =>
  createClient(app, {
    clientId,
    accessTokenLifetime: LIFETIME_SECONDS,
    scopes: ['orders:read'],
    audiences: [api, 'https://billing.example/'],
    ...input,
  });

const getTokenElsewhere = (client: { clientId: string; secret: string }) => getToken(app, client, { resource: 'https://billing.example/' });

/** What a stranger makes of a token: the same words under a signature of their own. */
async function forge(token: string): Promise<string> {
  const { privateKey } = await oauth.generateKeyPair('ES256');
  return new SignJWT(decodeJwt(token)).setProtectedHeader(decodeProtectedHeader(token) as { alg: string }).sign(privateKey);
}

/** The same words in a token that says that it is not signed. */
function strip(token: string, signature = ''): string {
  const header = { ...decodeProtectedHeader(token), alg: 'none' };
  return [Buffer.from(JSON.stringify(header)).toString('base64url'), token.split('.')[1], signature].join('.');
}

const discover = (clientId: string, authentication: oidc.ClientAuth) =>
  oidc.discovery(new URL(app.url), clientId, undefined, authentication, { execute: [oidc.allowInsecureRequests] });

describe('openid-client', () => {
  async function getReadAndRevoke(config: oidc.Configuration): Promise<void> {
    const { access_token, token_type, expires_in, scope } = await oidc.clientCredentialsGrant(config);
    expect({ token_type, expires_in, scope }).toEqual({ token_type: 'bearer', expires_in: LIFETIME_SECONDS, scope: 'orders:read' });
    const { client_id } = config.clientMetadata();
    expect(await oidc.tokenIntrospection(config, access_token)).toMatchObject({ active: true, iss: app.url, sub: client_id, aud: api });
    await oidc.tokenRevocation(config, access_token);
    expect(await oidc.tokenIntrospection(config, access_token)).toEqual({ active: false });
  }

  it.each([
    ['client_secret_basic', 'SECRET', oidc.ClientSecretBasic],
    ['client_secret_post', 'SECRET', oidc.ClientSecretPost],
    ['client_secret_jwt', 'CLIENT_SECRET_JWT', oidc.ClientSecretJwt],
  ] as const)('gets, reads and revokes a token with %s', async (clientId, authMethod, authenticate) => {
    const { secret } = await register(clientId, { authMethod });
    await getReadAndRevoke(await discover(clientId, authenticate(secret)));
  });

  it.each(['ES256', 'ES384', 'RS256', 'PS256', 'Ed25519'])('gets, reads and revokes a token with private_key_jwt in %s', async (alg) => {
    const { publicKey, privateKey } = await oauth.generateKeyPair(alg);
    const { clientId } = await register(`signs-${alg}`, { authMethod: 'PRIVATE_KEY_JWT', jwks: { keys: [await exportJWK(publicKey)] } });
    await getReadAndRevoke(await discover(clientId, oidc.PrivateKeyJwt(privateKey)));
  });

  it('calls an API with a token that is bound to its key, and without the key in vain', async () => {
    const graphql = new URL(`${app.url}/graphql`);
    const { clientId, secret } = await register('bound', { scopes: ['clients:read'], audiences: [graphql.href] });
    const config = await discover(clientId, oidc.ClientSecretBasic(secret));
    const DPoP = oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair('ES256'));
    const { access_token, token_type } = await oidc.clientCredentialsGrant(config, {}, { DPoP });
    expect(token_type).toBe('dpop');
    expect(await oidc.tokenIntrospection(config, access_token)).toMatchObject({ token_type: 'DPoP', cnf: { jkt: expect.any(String) } });
    const call = (options?: oidc.DPoPOptions) => {
      const body = JSON.stringify({ query: '{ viewer { clientId } }' });
      const headers = new Headers({ 'content-type': 'application/json' });
      return oidc.fetchProtectedResource(config, access_token, graphql, 'POST', body, headers, options);
    };
    expect(await (await call({ DPoP })).json()).toEqual({ data: { viewer: { clientId } } });
    const refusal = { status: 401, cause: [{ scheme: 'bearer', parameters: { error: 'invalid_token' } }] };
    await expect(call()).rejects.toMatchObject(refusal);
    const DPoPOfAStranger = oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair('ES256'));
    await expect(call({ DPoP: DPoPOfAStranger })).rejects.toMatchObject({ status: 401, cause: [{ scheme: 'dpop' }] });
  });
});

describe('oauth4webapi', () => {
  async function readMetadata(): Promise<oauth.AuthorizationServer> {
    const issuer = new URL(app.url);
    return oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { ...INSECURE, algorithm: 'oauth2' }));
  }

  it('gets a token, and an API that may look into all reads it', async () => {
    const server = await readMetadata();
    const { clientId, secret } = await register('fetcher');
    const client = { client_id: clientId };
    const answer = await oauth.clientCredentialsGrantRequest(server, client, oauth.ClientSecretPost(secret), { resource: api }, INSECURE);
    const { access_token } = await oauth.processClientCredentialsResponse(server, client, answer);
    const reader = await register('reader', { scopes: ['tokens:introspect'] });
    const look = async (token: string) => {
      const as = { client_id: reader.clientId };
      const request = oauth.introspectionRequest(server, as, oauth.ClientSecretBasic(reader.secret), token, INSECURE);
      return oauth.processIntrospectionResponse(server, as, await request);
    };
    expect(await look(access_token)).toMatchObject({ active: true, client_id: clientId, aud: api, scope: 'orders:read' });
    expect(await look(strip(access_token))).toEqual({ active: false });
  });

  it("checks a token, and refuses an expired one, another API's, a forged one and an unsigned one", async () => {
    const server = await readMetadata();
    const client = await register('checked');
    const check = (token: string, options = {}) => {
      const request = new Request(`${api}/orders`, { headers: { authorization: `Bearer ${token}` } });
      return oauth.validateJwtAccessToken(server, request, api, { ...INSECURE, ...options });
    };
    const token = await getToken(app, client);
    expect(await check(token)).toMatchObject({ iss: app.url, client_id: 'checked', scope: 'orders:read' });
    await expect(check(token, { [oauth.clockSkew]: LIFETIME_SECONDS + 60 })).rejects.toThrow('"exp"');
    await expect(check(await getTokenElsewhere(client))).rejects.toThrow('"aud"');
    await expect(check(await forge(token))).rejects.toThrow('signature');
    await expect(check(strip(token))).rejects.toThrow('"alg"');
  });
});

describe('simple-oauth2', () => {
  it.each(['header', 'body'] as const)('gets, times and revokes a token with its credentials in the %s', async (authorizationMethod) => {
    const { clientId, secret } = await register(`simple-${authorizationMethod}`);
    const credentials = new ClientCredentials({
      client: { id: clientId, secret },
      auth: { tokenHost: app.url, tokenPath: '/connect/token', revokePath: '/connect/revocation' },
      options: { authorizationMethod },
    });
    const got = await credentials.getToken({ scope: ['orders:read'] });
    expect(got.token).toMatchObject({ token_type: 'Bearer', scope: 'orders:read' });
    expect(got.expired()).toBe(false);
    expect(got.expired(LIFETIME_SECONDS)).toBe(true);
    await got.revoke('access_token');
    const config = await discover(clientId, oidc.ClientSecretBasic(secret));
    expect(await oidc.tokenIntrospection(config, got.token.access_token)).toEqual({ active: false });
    await expect(credentials.getToken({ scope: 'orders:write' })).rejects.toMatchObject({ data: { payload: { error: 'invalid_scope' } } });
  });
});

/** aws-jwt-verify for the tokens of an app; by itself it would fetch keys over https alone. */
function createVerifier({ url }: TestApp) {
  const fetcher = { fetch: async (uri: string) => (await fetch(uri)).arrayBuffer() };
  const settings = { issuer: url, audience: `${url}/api`, jwksUri: `${url}/.well-known/jwks.json` };
  return JwtVerifier.create(settings, { jwksCache: new SimpleJwksCache({ fetcher }) });
}

describe('aws-jwt-verify', () => {
  it("takes a token, and refuses another API's and a forged one", async () => {
    const client = await register('verified');
    const verifier = createVerifier(app);
    const token = await getToken(app, client);
    expect(await verifier.verify(token, { scope: 'orders:read' })).toMatchObject({ sub: 'verified' });
    await expect(verifier.verify(await getTokenElsewhere(client))).rejects.toThrow('Audience not allowed');
    await expect(verifier.verify(await forge(token))).rejects.toThrow('Invalid signature');
  });
});

describe('PROTOCOL 13: the signature of a token', () => {
  it.each(SIGNING_ALGORITHMS)('in %s verifies with a library that is not jose', async (algorithm) => {
    const signing = await startApp({ SIGNING_ALGORITHM: algorithm });
    const client = await createClient(signing, { clientId: 'signed' });
    const token = await getToken(signing, client);
    const signature = (await getToken(signing, client)).split('.')[2] as string;
    expect(decodeProtectedHeader(token).alg).toBe(algorithm);
    const verifier = createVerifier(signing);
    expect(await verifier.verify(token)).toMatchObject({ iss: signing.url, sub: 'signed' });
    await expect(verifier.verify(token.replace(/[^.]+$/, signature))).rejects.toThrow('Invalid signature');
    await expect(verifier.verify(strip(token, signature))).rejects.toThrow('algorithm not allowed: none');
    await signing.stop();
  });

  it('cannot be switched off', () => {
    expect(() => readConfig({ SIGNING_ALGORITHM: 'none' })).toThrow('SIGNING_ALGORITHM');
  });
});

describe('express-oauth2-jwt-bearer', () => {
  let server: Server;
  let orders: string;

  beforeAll(async () => {
    const protectedApi = express();
    protectedApi.use(auth({ issuerBaseURL: app.url, audience: api, tokenSigningAlg: 'ES256', strict: true }));
    protectedApi.get('/orders', requiredScopes('orders:read'), ({ auth }, response) => void response.json(auth?.payload.client_id));
    protectedApi.delete('/orders', requiredScopes('orders:write'), (_request, response) => void response.end());
    await new Promise<void>((resolve) => (server = protectedApi.listen(0, '127.0.0.1', () => resolve())));
    orders = `http://localhost:${(server.address() as AddressInfo).port}/orders`;
  });
  afterAll(() => void server.close());

  it("guards an API with what it discovers, against no token, another API's, a forged and an unsigned one", async () => {
    const client = await register('caller');
    const token = await getToken(app, client);
    const call = (authorization?: string) => fetch(orders, { headers: authorization ? { authorization } : {} });
    const taken = await call(`Bearer ${token}`);
    expect([taken.status, await taken.json()]).toEqual([200, 'caller']);
    expect((await call()).status).toBe(401);
    const refuse = async (bad: string, reason: string) => {
      const { status, headers } = await call(`Bearer ${bad}`);
      expect([status, headers.get('www-authenticate')]).toEqual([401, expect.stringContaining(reason)]);
    };
    await refuse(await getTokenElsewhere(client), "Unexpected 'aud'");
    await refuse(await forge(token), 'signature verification failed');
    await refuse(strip(token), "Unsupported algorithm 'none'");
  });

  it('asks for scopes', async () => {
    const authorization = `Bearer ${await getToken(app, await register('reads-only'))}`;
    const { status, headers } = await fetch(orders, { method: 'DELETE', headers: { authorization } });
    expect([status, headers.get('www-authenticate')]).toEqual([403, expect.stringContaining('insufficient_scope')]);
  });

  it('takes a token that is bound to a key from whoever has the key alone', async () => {
    const { clientId, secret } = await register('bound-caller');
    const config = await discover(clientId, oidc.ClientSecretBasic(secret));
    const DPoP = oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair('ES256'));
    const { access_token } = await oidc.clientCredentialsGrant(config, {}, { DPoP });
    const answer = await oidc.fetchProtectedResource(config, access_token, new URL(orders), 'GET', null, undefined, { DPoP });
    expect(await answer.json()).toBe('bound-caller');
    expect((await fetch(orders, { headers: { authorization: `Bearer ${access_token}` } })).status).toBe(401);
  });
});
