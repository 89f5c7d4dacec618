import fc from 'fast-check';
import {
  type GraphQLInputType,
  getNamedType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isListType,
  isRequiredInputField,
} from 'graphql';
import { moment, numeral, text } from './texts.js';

/** Stands without quotation marks in a document, and as a text or a number in variables. */
export class Bare {
  constructor(readonly text: string) {}

  toJSON(): unknown {
    const number = Number(this.text);
    return this.text === '' || Number.isNaN(number) ? this.text : number;
  }
}

/** A value of an argument. */
export type Value = null | boolean | string | Bare | Value[] | Fields;
/** The fields of an input object; a name may come twice. */
export class Fields {
  constructor(readonly all: readonly (readonly [name: string, value: Value])[]) {}

  toJSON(): unknown {
    return Object.fromEntries(this.all);
  }
}

const among = (...names: string[]) => fc.constantFrom(...names);
const SCOPES = [
  ...['clients:read', 'orders:read', 'orders:write', 'a:b', 'audit:read', 'keys:write'],

  'clients:read',
  'clients:write',
  'audit:read',
  'keys:write',
  'tenants:read',
  'tenants:write',
  'orders:read',
  'openid',
  'a b',
  '',
];
/** Mostly clients that the storm itself makes: whoever speaks is not to be locked out all the time. */
const CLIENT_IDS = ['admin', 'reader', 'keyed', 'signing', ...Array.from({ length: 60 }, (_, index) => `made-${index % 12}`)];
const CURSORS = [
  ['NAME', 'a', 'x'],
  ['CLIENT_ID', '\ud800', ''],
  ['CREATED_AT', '2026-11-24T00:00:00.000Z', 'x'],
  ['CREATED_AT', '+275760-09-13T00:00:00.000Z', 'x'],
  ['LAST_USED_AT', '', 'x'],
  ['AUDIT', '2026-11-24T00:00:00.000Z', '0'],
  ['AUDIT', '-271821-04-20T00:00:00.000Z', 'x'],
  ['AUDIT', '0', '\u0000'],
  ['AUDIT', '99999', 'x'],
  ['TENANTS', 'a', '1'],
  ['HOST', '\u0000'],
  [],
];
const cursor = fc.oneof(
  fc.constantFrom(...CURSORS).map((position) => Buffer.from(JSON.stringify(position)).toString('base64url')),
  fc.constantFrom('', 'e30', 'bnVsbA', 'W10', '%', 'x'.repeat(9000), Buffer.from('['.repeat(5000)).toString('base64url')),
  fc
    .tuple(fc.constantFrom('NAME', 'CLIENT_ID', 'AUDIT', 'TENANTS', 'LAST_USED_AT'), fc.array(text, { maxLength: 3 }))
    .map(([list, rest]) => {
      return Buffer.from(JSON.stringify([list, ...rest])).toString('base64url');
    }),
);

/** Numbers that fit, by the name of what they are for. */
const NUMBERS: Record<string, string[]> = {
  accessTokenLifetime: ['1', '60', '3600', '31536000'],
  first: ['1', '2', '50', '100'],
  hours: ['1', '24', '720'],
  overlapSeconds: ['0', '1', '60', '86400', '2592000'],
  minAccessTokenLifetime: ['1', '60'],
  maxAccessTokenLifetime: ['86400', '31536000'],
  version: ['1', '2', '3', '4', '5'],
};

/** What is given by the name of an argument or field, beside any text: what makes an operation succeed now and then. */
const BY_NAME: Record<string, fc.Arbitrary<string>> = {
  clientId: among(...CLIENT_IDS),
  host: among(
    '@@otherHost@@',
    '@@homeHost@@',
    'a.localhost',
    'b.localhost:81',
    'xn--mgba.example',
    'شركة.example',
    'a..b',
    '[::1]',
    'x'.repeat(300),
  ),
  kid: among('@@kid@@', ...Array.from({ length: 8 }, () => '@@nextKid@@'), ...Array.from({ length: 12 }, (_, index) => `kid-${index}`)),
  secretId: among('@@secretId@@', 'x'),
  after: cursor,
  search: among('a', 'admin', 'made', 'م', '%', 'ı'),
  issuer: among(
    'http://127.0.0.1:3',
    '@@home@@',
    'https://login.invalid',
    'http://localhost:3/a',
    'https://127.0.0.1:3/%00',
    'http://[::1]:3',
  ),
  scopes: among(...SCOPES),
  audiences: among(
    ...['@@home@@/graphql', '@@home@@/api', 'https://orders.example', 'https://stock.example', 'urn:a:b', 'x', 'https://é.example/#'],
  ),
  name: among('Sales board', 'لوحة المبيعات', ' a ', '🦄'),
  claim: among('groups', '__proto__', 'sub'),
  value: among('admins', 'ع'),
  scope: among('openid', 'openid groups', 'email'),
  defaultAudience: among('https://orders.example', 'x'),
  actorId: among(...CLIENT_IDS),
  objectId: among(...CLIENT_IDS),
};

const JWK = { kty: 'EC', crv: 'P-256', x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU', y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0' };
const jwks = fc
  .oneof(
    fc.constantFrom<unknown>(
      { keys: [JWK] },
      {
        keys: [
          { ...JWK, kid: 'a' },
          { ...JWK, kid: 'b', alg: 'ES256', use: 'sig' },
        ],
      },
      { keys: [] },
      {},
      { keys: 5 },
    ),
    fc.constantFrom<unknown>(
      { keys: [{ ...JWK, d: 'AAAA' }] },
      { keys: [{ ...JWK, y: 'AAAA' }] },
      { keys: [{ kty: 'RSA', n: 'AQAB', e: 'AQAB' }] },
    ),
    fc.constantFrom<unknown>(
      { keys: [{ kty: 'OKP', crv: 'X25519', x: 'A' }] },
      { keys: [{ ...JWK, x: { $ref: 1 } }] },
      { keys: [[JWK]] },
      { keys: [null] },
    ),
    fc.tuple(text, text).map(([name, value]): unknown => ({ keys: [{ ...JWK, [name]: value, kid: value }] })),
    fc.integer({ min: 2, max: 400 }).map((depth): unknown => ({ keys: [JSON.parse(`${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`)] })),
  )
  .map(toValue);

function toValue(json: unknown): Value {
  if (Array.isArray(json)) return json.map(toValue);
  if (typeof json === 'object' && json !== null) return new Fields(Object.entries(json).map(([name, value]) => [name, toValue(value)]));
  return typeof json === 'number' ? new Bare(String(json)) : (json as Value);
}

const deepList = fc.integer({ min: 2, max: 300 }).map((depth) => {
  let value: Value = [];
  for (let level = 0; level < depth; level += 1) value = [value];
  return value;
});

/** A value of another type than whatever is asked for. */
const wrong: fc.Arbitrary<Value> = fc.oneof(
  { weight: 3, arbitrary: fc.constant(null) },
  { weight: 2, arbitrary: fc.boolean() },
  { weight: 3, arbitrary: numeral.map((digits) => new Bare(digits)) },
  { weight: 3, arbitrary: text },
  {
    weight: 1,
    arbitrary: fc.constantFrom(new Bare('ASC'), new Bare('NOTHING'), new Bare('null_'), new Fields([]), new Fields([['__proto__', null]])),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Value[]>(
      [],
      [null],
      [[null]],
      ['a', 'a'],
      Array.from({ length: 120 }, (_, index) => `s${index}`),
    ),
  },
  { weight: 1, arbitrary: deepList },
);

const known = new Map<string, fc.Arbitrary<Value>>();

/** A value for an argument or field: right, nearly right, or wrong. */
export function valueFor(name: string, type: GraphQLInputType): fc.Arbitrary<Value> {
  const key = `${name}: ${type}`;
  const value = known.get(key) ?? fc.oneof({ weight: 24, arbitrary: rightValue(name, type) }, { weight: 1, arbitrary: wrong });
  known.set(key, value);
  return value;
}

function rightValue(name: string, given: GraphQLInputType): fc.Arbitrary<Value> {
  const type = getNullableType(given);
  if (isListType(type))
    return fc.oneof({ weight: 9, arbitrary: fc.array(valueFor(name, type.ofType), { maxLength: 3 }) }, valueFor(name, type.ofType));
  if (isInputObjectType(type)) return fieldsOf(Object.values(type.getFields()));
  if (isEnumType(type)) return fc.constantFrom(...type.getValues().map((value) => new Bare(value.name)));
  const { name: scalar } = getNamedType(type);
  if (scalar === 'Boolean') return fc.boolean();
  if (scalar === 'Int') return numberFor(name);
  if (scalar === 'DateTime') return moment;
  if (scalar === 'JSONObject') return jwks;
  const fitting = BY_NAME[name];
  return fitting ? fc.oneof({ weight: 9, arbitrary: fitting }, text) : text;
}

function numberFor(name: string): fc.Arbitrary<Value> {
  const fitting = NUMBERS[name] ?? ['1'];
  return fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...fitting) }, numeral).map((digits) => new Bare(digits));
}

function fieldsOf(fields: readonly { name: string; type: GraphQLInputType; defaultValue?: unknown }[]): fc.Arbitrary<Value> {
  const each = fields.map((field) => {
    const value = valueFor(field.name, field.type).map((given) => [[field.name, given] as const]);
    const isNeeded = isRequiredInputField(field as Parameters<typeof isRequiredInputField>[0]);
    return fc.oneof({ weight: isNeeded ? 40 : 1, arbitrary: value }, { weight: isNeeded ? 1 : 4, arbitrary: fc.constant([]) });
  });
  const extra = fc.oneof(
    { weight: 60, arbitrary: fc.constant([]) },
    fc.tuple(fc.constantFrom('__proto__', 'constructor', 'unknown', 'clientId', 'name'), wrong).map((field) => [field]),
  );
  return fc.tuple(fc.tuple(...each), extra).map(([own, more]) => new Fields([...own.flat(), ...more]));
}

/** A value as a GraphQL document has it. */
export function print(value: Value): string {
  if (value instanceof Bare) return value.text;
  if (value instanceof Fields) return `{${value.all.map(([name, field]) => `${name}: ${print(field)}`).join(', ')}}`;
  if (Array.isArray(value)) return `[${value.map(print).join(', ')}]`;
  return JSON.stringify(value);
}
