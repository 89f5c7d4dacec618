import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import { type Answer, readAnswer } from './answer.js';
import { basic, claimsOf } from './app.js';
import { cookieName } from './session.js';
import { signToken } from './workload-issuer.js';
import { forgeToken, PLATFORM, proveKey, type SharedKeys, type World } from './worlds.js';

/** Headers of a request. */
export type Headers = Record<string, string>;
/** Parameters of a request in its body. */
export type Form = Record<string, string>;

const ASSERTION = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** Sends a request to one tenant that names the other in a header which only proxies are believed. */
export async function send(
  at: World,
  of: World,
  { method = 'POST', path, headers = {}, body }: { method?: string; path: string; headers?: Headers; body?: string | URLSearchParams },
): Promise<Answer> {
  const all = { 'x-forwarded-host': of.host, ...headers };
  return readAnswer(fetch(at.url + path, { method, headers: all, redirect: 'manual', ...(body === undefined ? {} : { body }) }));
}

/** What opens the GraphQL API, with what is another's. */
export type MakeHeaders = [what: string, make: (at: World, of: World) => Promise<Headers>];

/** What a tenant's people have. */
export function credentialsFor(keys: SharedKeys): MakeHeaders[] {
  return [
    ['a token', async (_at, of) => bearer(of.tokens.admin)],
    [
      'a token bound to a key, with its proof',
      async (at, { tokens: { bound } }) => ({ authorization: `DPoP ${bound}`, dpop: await proveKey(keys, `${at.url}/graphql`, bound) }),
    ],
    ["the cookie of an administrator's session", async (at, of) => cookie(at, 'session', of.sessions.admin)],
    ["the cookie of a person's session", async (at, of) => cookie(at, 'session', of.sessions.person)],
  ];
}

/** What a tenant makes that has its own signing key, and has seen a token of another tenant. */
export function forgedCredentials(): MakeHeaders[] {
  return [
    ['a token altered to name this issuer', async (at, of) => bearer(alter(of.tokens.admin, { iss: at.url, aud: `${at.url}/graphql` }))],
    ['a token of this tenant, signed by the other', async (at, of) => bearer(await forgeToken(of, claimsOf(at.tokens.admin)))],
    [
      'a token of this tenant, signed by the other under the kid of this one',
      async (at, of) => bearer(await forgeToken(of, claimsOf(at.tokens.admin), at.identifiers.key[0])),
    ],
    [
      "the other's token, signed by it anew for this issuer",
      async (at, of) => bearer(await forgeToken(of, { ...claimsOf(of.tokens.admin), iss: at.url, aud: `${at.url}/graphql` })),
    ],
  ];
}

/** Proves who a client is to an endpoint, in a header or in the form. */
export type Prove = (at: World, of: World, path: string) => Promise<{ headers?: Headers; form?: Form }>;

/** Every way in which a client proves who it is, with what is another's. */
export function waysToProve(keys: SharedKeys): [what: string, prove: Prove][] {
  const pairs = ['lone', 'twin', 'admin'] as const;
  return [
    ...pairs.map((who): [string, Prove] => [
      `the secret of ${who} in a header`,
      async (_at, of) => ({ headers: { authorization: basic(of[who].clientId, of[who].secret) } }),
    ]),
    ...pairs.map((who): [string, Prove] => [
      `the secret of ${who} in the form`,
      async (_at, of) => ({ form: { client_id: of[who].clientId, client_secret: of[who].secret } }),
    ]),
    ['the secret of another client', async (at, of) => ({ headers: { authorization: basic(at.lone.clientId, of.lone.secret) } })],
    ['an assertion by a secret, for its own issuer', async (_at, of) => ({ form: await signWithSecret(of, of.url) })],
    ['an assertion by a secret, for this issuer', async (at, of) => ({ form: await signWithSecret(of, at.url) })],
    ['an assertion by a secret, for this endpoint', async (at, of, path) => ({ form: await signWithSecret(of, at.url + path) })],
    ['an assertion by a key, for its own issuer', async (_at, of) => ({ form: await signWithKey(keys, of.url) })],
    ['a token of an issuer that both trust, for its own issuer', async (_at, of) => ({ form: await signAsPlatform(keys, of.url) })],
    ['an assertion by a key, for its own endpoint', async (_at, of, path) => ({ form: await signWithKey(keys, of.url + path) })],
  ];
}

/** An assertion of the client `keyed`, which has the same key in every tenant. */
export async function signWithKey({ client }: SharedKeys, audience: string, jti: string = randomUUID()): Promise<Form> {
  return assertion(await claims('keyed', audience, jti).setProtectedHeader({ alg: 'ES256' }).sign(client.privateKey));
}

/** A token of an issuer that every tenant trusts, for the client `federated`. */
export async function signAsPlatform({ platform }: SharedKeys, audience: string): Promise<Form> {
  return assertion(await signToken(PLATFORM, platform, audience, { claims: { sub: 'job' } }));
}

async function signWithSecret({ signing }: World, audience: string): Promise<Form> {
  const key = new TextEncoder().encode(signing.secret);
  return assertion(await claims(signing.clientId, audience, randomUUID()).setProtectedHeader({ alg: 'HS256' }).sign(key));
}

function claims(clientId: string, audience: string, jti: string): SignJWT {
  return new SignJWT({ iss: clientId, sub: clientId, aud: audience, jti }).setIssuedAt().setExpirationTime('1 minute');
}

function assertion(jwt: string): Form {
  return { client_assertion_type: ASSERTION, client_assertion: jwt };
}

/** A token to look into or to revoke. */
export type MakeToken = [what: string, make: (at: World, of: World) => Promise<string>];

/** A token of the twin, which every tenant has. */
export const ISSUED: MakeToken = ['a token', async (_at, of) => of.tokens.twin];
/** It with another issuer in it, under the signature that it had. */
export const ALTERED: MakeToken = ['a token altered to name this issuer', async (at, of) => alter(of.tokens.twin, { iss: at.url })];
/** What a tenant can make that knows the token of another. */
export const FORGED: MakeToken = [
  'a token like those of this tenant, signed by the other',
  async (at, of) => forgeToken(of, { ...claimsOf(at.tokens.twin), jti: `${claimsOf(at.tokens.twin).jti}x` }),
];

function bearer(token: string): Headers {
  return { authorization: `Bearer ${token}` };
}

/** The header with a cookie. */
export function cookie(at: World, name: 'session' | 'sign-in', value: string): Headers {
  return { cookie: `${cookieName(at, name)}=${value}` };
}

/** A token that says something else than what was signed. */
function alter(token: string, changes: object): string {
  const [header, , signature] = token.split('.');
  const payload = Buffer.from(JSON.stringify({ ...claimsOf(token), ...changes })).toString('base64url');
  return [header, payload, signature].join('.');
}
