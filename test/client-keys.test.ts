import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { exportJWK, type JWK, SignJWT } from 'jose';
import { makeSecret } from '../src/clients/secret.js';
import { postForm, startApp, type TestApp } from '../testbed/app.js';

const TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const CREATE = 'mutation ($input: CreateClientInput!) { createClient(input: $input) { client { jwks } } }';

interface Pair {
  privateKey: KeyObject;
  jwk: JWK;
}

let app: TestApp;
let ec: Pair;
let rsa: Pair;
let edwards: Pair;

beforeAll(async () => {
  app = await startApp({ FAILURE_LIMIT: '0' });
  ec = await makePair('ec', { namedCurve: 'P-256' });
  rsa = await makePair('rsa', { modulusLength: 2048 });
  edwards = await makePair('ed25519', {});
});
afterAll(() => app.stop());

async function makePair(type: string, options: object): Promise<Pair> {
  const make = generateKeyPairSync as unknown as (type: string, options: object) => { privateKey: KeyObject; publicKey: KeyObject };
  const { privateKey, publicKey } = make(type, options);
  return { privateKey, jwk: await exportJWK(publicKey) };
}

let counter = 0;
const nextId = () => `keys-${++counter}`;

async function register(...keys: object[]): Promise<{ clientId: string; fault: string | undefined }> {
  const clientId = nextId();
  const input = { name: 'X', clientId, authMethod: 'PRIVATE_KEY_JWT', jwks: { keys } };
  const { body } = await app.administer(CREATE, { input });
  return { clientId, fault: body.errors?.[0].extensions.fields[0].message };
}

function claims(clientId: string): Record<string, unknown> {
  const now = Math.floor(Date.now() / 1000);
  return { iss: clientId, sub: clientId, aud: app.url, iat: now, exp: now + 60, jti: `${clientId}-${Math.random()}` };
}

const assertionOf = (clientId: string, { privateKey }: Pair, header: { alg: string; kid?: string }) =>
  new SignJWT(claims(clientId)).setProtectedHeader(header).sign(privateKey);

const prove = async (assertion: string) => {
  const body = { grant_type: 'client_credentials', client_assertion_type: TYPE, client_assertion: assertion };
  return (await postForm(app, '/connect/token', { body })).status;
};

const base64url = (bytes: Buffer | string) => Buffer.from(bytes).toString('base64url');
const number = (hex: string) => base64url(Buffer.from(hex, 'hex'));

/** What RSASSA-PKCS1-v1_5 makes of a digest; with an exponent of 1 it is the signature. */
function paddedDigest(input: string, bytes: number): Buffer {
  const digest = Buffer.concat([Buffer.from('3031300d060960864801650304020105000420', 'hex'), createHash('sha256').update(input).digest()]);
  return Buffer.concat([Buffer.from([0, 1]), Buffer.alloc(bytes - digest.length - 3, 0xff), Buffer.from([0]), digest]);
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** The same 32 bytes to a lenient reader: the last two bits of their text count for nothing. */
const otherLastBits = (text: string) => text.slice(0, -1) + ALPHABET[ALPHABET.indexOf(text.at(-1) as string) + 1];

describe('a key in which anybody could sign', () => {
  it.each([
    ['an exponent of 1', () => ({ ...rsa.jwk, e: 'AQ' }), 'exponent'],
    ['an exponent of 3', () => ({ ...rsa.jwk, e: 'Aw' }), 'exponent'],
    ['an even exponent', () => ({ ...rsa.jwk, e: number('010002') }), 'exponent'],
    ['an exponent below 65,537', () => ({ ...rsa.jwk, e: number('ffff') }), 'exponent'],
    ['an exponent of 33 bits', () => ({ ...rsa.jwk, e: number('0100000001') }), 'exponent'],
    ['no exponent', () => ({ ...rsa.jwk, e: '' }), 'e in base64url'],
    ['an even modulus', () => ({ ...rsa.jwk, n: number(`${'c'.repeat(511)}4`) }), 'even'],
    ['2,047 bits', () => ({ ...rsa.jwk, n: number(`7${'f'.repeat(511)}`) }), '2048 to 8192 bits'],
    ['8,193 bits', () => ({ ...rsa.jwk, n: number(`01${'f'.repeat(2048)}`) }), '2048 to 8192 bits'],
    ['zeros before its modulus', () => ({ ...rsa.jwk, n: number(`00${'f'.repeat(512)}`) }), 'leading zeros'],
    ['zeros before its exponent', () => ({ ...rsa.jwk, e: number('00010001') }), 'leading zeros'],
    ['padding', () => ({ ...rsa.jwk, e: `${rsa.jwk.e}==` }), 'base64url'],
    ['a coordinate with other last bits', () => ({ ...ec.jwk, x: otherLastBits(ec.jwk.x as string) }), 'base64url'],
    ['a coordinate in plain base64', () => ({ ...ec.jwk, x: `+${(ec.jwk.x as string).slice(1)}` }), 'base64url'],
    ['a short coordinate', () => ({ ...ec.jwk, x: number('ff'.repeat(31)) }), '32 bytes'],
    ['a point off its curve', () => ({ ...ec.jwk, y: ec.jwk.x }), 'not a valid public key'],
    ['a point at zero', () => ({ ...ec.jwk, x: number('00'.repeat(32)), y: number('00'.repeat(32)) }), 'not a valid public key'],
    ['an Ed25519 point off its curve', () => ({ ...edwards.jwk, x: number(`02${'00'.repeat(31)}`) }), 'not a valid public key'],
    ['the neutral point', () => ({ ...edwards.jwk, x: number(`01${'00'.repeat(31)}`) }), 'small order'],
    ['the neutral point with a sign', () => ({ ...edwards.jwk, x: number(`01${'00'.repeat(30)}80`) }), 'small order'],
    ['a point of order two', () => ({ ...edwards.jwk, x: number(`ec${'ff'.repeat(30)}7f`) }), 'small order'],
    ['a point of order four', () => ({ ...edwards.jwk, x: number('00'.repeat(32)) }), 'small order'],
    [
      'a point of order eight',
      () => ({ ...edwards.jwk, x: number('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05') }),
      'small order',
    ],
    [
      'the other point of order eight',
      () => ({ ...edwards.jwk, x: number('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a') }),
      'small order',
    ],
    [
      'a number at or above the prime of its curve',
      () => ({ ...edwards.jwk, x: number(`ee${'ff'.repeat(30)}7f`) }),
      'small order, or none',
    ],
    ['a type that is no text', () => ({ ...ec.jwk, kty: { toString: 1 } }), 'must be an RSA key'],
    ['a curve that is no text', () => ({ ...ec.jwk, crv: ['P-256'] }), 'must be an RSA key'],
    ['a number that is no text', () => ({ ...rsa.jwk, n: 7 }), 'base64url'],
  ])('is refused with %s', async (_what, make, message) => {
    expect((await register(make())).fault).toContain(message);
  });

  it.each([65_537, 65_539, 4_294_967_291])('is taken with the exponent %i, and signs', async (exponent) => {
    const pair = await makePair('rsa', { modulusLength: 2048, publicExponent: exponent });
    const { clientId, fault } = await register(pair.jwk);
    expect(fault).toBeUndefined();
    for (const alg of ['RS256', 'PS256']) expect(await prove(await assertionOf(clientId, pair, { alg }))).toBe(200);
  });

  it('is worth nothing either when an earlier release stored it', async () => {
    const { clientId } = await register(rsa.jwk);
    const store = (jwk: object) =>
      app.database.query(`UPDATE clients SET jwks = '${JSON.stringify({ keys: [jwk] })}' WHERE client_id = '${clientId}'`);
    await store({ ...rsa.jwk, e: 'AQ' });
    const input = `${base64url('{"alg":"RS256"}')}.${base64url(JSON.stringify(claims(clientId)))}`;
    expect(await prove(`${input}.${base64url(paddedDigest(input, 256))}`)).toBe(401);
    await store({ ...edwards.jwk, x: number(`01${'00'.repeat(31)}`) });
    const edwardsInput = `${base64url('{"alg":"EdDSA"}')}.${base64url(JSON.stringify(claims(clientId)))}`;
    expect(await prove(`${edwardsInput}.${number(`01${'00'.repeat(63)}`)}`)).toBe(401);
  });
});

describe('a key set as other libraries write it', () => {
  const asDotNetWrites = (jwk: object) => ({
    ...{ alg: null, d: null, dp: null, dq: null, k: null, key_ops: [], kid: null, oth: null, p: null, q: null, qi: null, use: null },
    ...{ x5c: [], x5t: null, x5u: null },
    ...jwk,
  });

  it.each([
    ['RS256', () => rsa],
    ['ES256', () => ec],
    ['EdDSA', () => edwards],
  ])('is taken with null and empty for what is absent, and signs in %s', async (alg, pair) => {
    const { clientId, fault } = await register(asDotNetWrites(pair().jwk));
    expect(fault).toBeUndefined();
    expect(await prove(await assertionOf(clientId, pair(), { alg }))).toBe(200);
  });

  it.each(['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'])(
    'is told to be leaked with the private member %s alone',
    async (member) => {
      expect((await register({ ...ec.jwk, [member]: '' })).fault).toBeUndefined();
      expect((await register({ ...ec.jwk, [member]: ['AAAA'] })).fault).toContain('private member');
      expect((await register(ec.jwk, { ...rsa.jwk, use: 'enc', [member]: 'AAAA' })).fault).toContain('private member');
    },
  );

  it.each([
    ['its use', { use: 'enc' }],
    ['its operations', { key_ops: ['encrypt', 'wrapKey'] }],
    ['its algorithm', { alg: 'RSA-OAEP-256' }],
  ])('may have a key beside that is for encryption by %s', async (_how, mark) => {
    const { clientId, fault } = await register({ ...rsa.jwk, ...mark }, ec.jwk);
    expect(fault).toBeUndefined();
    expect(await prove(await assertionOf(clientId, ec, { alg: 'ES256' }))).toBe(200);
    expect(await prove(await assertionOf(clientId, rsa, { alg: 'RS256' }))).toBe(401);
    expect((await register({ ...rsa.jwk, ...mark })).fault).toContain('for signatures');
  });

  it.each([
    ['EdDSA', 'Ed25519'],
    ['Ed25519', 'EdDSA'],
    [undefined, 'Ed25519'],
  ])('may say %s of a key whose assertions say %s', async (registered, sent) => {
    const { clientId } = await register({ ...edwards.jwk, alg: registered });
    expect(await prove(await assertionOf(clientId, edwards, { alg: sent }))).toBe(200);
  });

  it('is kept with what signatures are checked with, and nothing that stands beside', async () => {
    const secret = makeSecret();
    const named = { ...ec.jwk, kid: 'ec', alg: 'ES256', use: 'sig', key_ops: ['verify'] };
    const keys = [
      { ...named, key_ops: ['verify', { about: 'it' }, 'sign'], x5t: secret, x5c: [secret], ext: true, n: secret },
      { ...rsa.jwk, kid: 'rsa', crv: secret.slice(3), 'x5t#S256': secret },
      { kty: 'EC', use: 'enc', x: secret },
    ];
    const input = {
      name: 'X',
      clientId: nextId(),
      authMethod: 'PRIVATE_KEY_JWT',
      jwks: { keys, about: { keys: [{ kty: 'EC', x: secret.slice(3) }] } },
    };
    const kept = { keys: [named, { ...rsa.jwk, kid: 'rsa' }] };
    expect((await app.administer(CREATE, { input })).body.data.createClient.client.jwks).toEqual(kept);
    const update = `mutation ($jwks: JSONObject!) { updateClient(clientId: "${input.clientId}", input: { jwks: $jwks }) { jwks } }`;
    expect((await app.administer(update, { jwks: input.jwks })).body.data.updateClient.jwks).toEqual(kept);
    const { body } = await app.administer(update, { jwks: { ...input.jwks, about: secret } });
    expect(body.errors[0].extensions.fields[0].message).toContain('has the form of a secret');
  });

  it.each([
    ['beside the keys', (key: object) => ({ keys: [ec.jwk], own: key })],
    ['in a member of a key', (key: object) => ({ keys: [{ ...ec.jwk, more: [{ key }] }] })],
    ['among what a key is for', (key: object) => ({ keys: [{ ...ec.jwk, key_ops: ['verify', key] }] })],
    ['as PEM', () => ({ keys: [{ ...ec.jwk, note: ec.privateKey.export({ type: 'pkcs8', format: 'pem' }) }] })],
  ])('is told to have leaked when the private one stands %s', async (_, setOf) => {
    const jwks = setOf(await exportJWK(ec.privateKey));
    const { body } = await app.administer(CREATE, { input: { name: 'X', clientId: nextId(), authMethod: 'PRIVATE_KEY_JWT', jwks } });
    expect(body.errors[0].extensions.fields[0].message).toMatch(/private .* for this one has been sent/);
  });

  it('has each key once', async () => {
    for (const pair of [ec, rsa, edwards]) {
      const { fault } = await register({ ...pair.jwk, kid: 'a' }, { ...pair.jwk, kid: 'b', use: 'sig' });
      expect(fault).toContain('the same key as keys[0]');
    }
  });

  it('needs a kid in an assertion that several keys may have made', async () => {
    const other = await makePair('ec', { namedCurve: 'P-256' });
    const { clientId } = await register({ ...ec.jwk, kid: 'one' }, { ...other.jwk, kid: 'two' }, { ...edwards.jwk, kid: 'three' });
    expect(await prove(await assertionOf(clientId, ec, { alg: 'ES256' }))).toBe(401);
    expect(await prove(await assertionOf(clientId, ec, { alg: 'ES256', kid: 'two' }))).toBe(401);
    expect(await prove(await assertionOf(clientId, other, { alg: 'ES256', kid: 'two' }))).toBe(200);
    expect(await prove(await assertionOf(clientId, edwards, { alg: 'EdDSA' }))).toBe(200);
  });
});
