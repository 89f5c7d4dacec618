import fc from 'fast-check';
import { makeSecret } from '../../src/clients/secret.js';
import { redact } from '../../src/platform/redaction.js';

const secret = makeSecret();
/** Each character percent-encoded or not, as the numbers say. */
const encode = (text: string, choices: readonly number[]) =>
  [...text]
    .map((character, index) => {
      const hex = character.charCodeAt(0).toString(16);
      return [character, `%${hex}`, `%${hex.toUpperCase()}`, `%25${hex}`, `%2525${hex}`][(choices[index % choices.length] ?? 0) % 5];
    })
    .join('');

it('takes a secret out of whatever it stands in, as it is or percent-encoded', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(4), { minLength: 1, maxLength: 60 }),
      fc.constantFrom('', '/', '?token=', '"', 'x', 'lk_'),
      (choices, around) => {
        const text = redact(`/connect/leaked/${around}${encode(secret, choices)}${around}`);
        expect(text).toMatch(/^\/connect\/leaked\/.*\[redacted\]/);
        expect(decodeURIComponent(text.replaceAll('%25', '%'))).not.toContain(secret.slice(3, 40));
      },
    ),
  );
});

it('takes a secret out of base64, wherever it begins', () => {
  for (const name of ['', 'a', 'ab', 'abc', 'sales-board'])
    for (const encoding of ['base64', 'base64url'] as const)
      for (const before of ['', ' ', 'Basic%20', 'x', 'xy', 'xyz']) {
        const encoded = Buffer.from(`${name}:${secret}`).toString(encoding);
        expect(redact(`/path/${before}${encoded} end`)).toMatch(/\[redacted\].* end$/);
      }
});

it('takes tokens and assertions out', () => {
  const part = Buffer.from('{"alg":"ES256"}').toString('base64url');
  expect(redact(`{"path":"/x/${part}.${part}.c2ln","status":404}`)).toBe('{"path":"/x/[redacted]","status":404}');
  expect(redact(`${part}.${part}..${part}.${part}`)).toBe('[redacted]');
});

it.each(['{ "alg":"ES256"}', '{\n  "alg": "ES256"\n}', '{\r\n"alg":"ES256"}', '{\t"alg" : "ES256"}'])(
  'takes a token out whose header is %j',
  (header) => {
    const part = Buffer.from(header).toString('base64url');
    expect(redact(`/connect/${part}.${part}.c2ln end`)).toBe('/connect/[redacted] end');
  },
);

it('takes a token out wherever it begins and whatever goes on behind it', () => {
  const part = Buffer.from('{"alg":"ES256"}').toString('base64url');
  const token = `${part}.${part}.c2ln`;
  for (const before of ['', 'x', 'id-', 'host.example.', 'a.b.c.d.e.f.', `${part} `, 'eyJ', 'eyJhbGciOi.'])
    expect(redact(`/${before}${token} end`)).toMatch(/^[^ ]*( |)[^ ]*\[redacted\] end$/);
  for (const after of ['.x', `.${part}.x`, '.', '..', ' ', '"', `.x.y.z.${token}`])
    expect(redact(`${token}${after}`)).not.toContain('c2ln');
});

it('takes a secret out that stands right behind the beginning of another', () => {
  for (const length of [46, 47, 48, 49]) expect(redact(`lk_${'a'.repeat(length)}${secret}`)).not.toContain(secret.slice(4, 40));
});

it('takes a secret out whose beginning was made large', () => {
  for (const start of ['LK_', 'Lk_', 'lK_', '%4C%4B%5F', '%4ck_']) expect(redact(`/${start}${secret.slice(3)}/`)).toBe('/[redacted]/');
});

it('takes tokens and base64 out that are percent-encoded, in part or whole', () => {
  const part = Buffer.from('{"alg":"ES256"}').toString('base64url');
  const basic = Buffer.from(`admin:${secret}`).toString('base64');
  fc.assert(
    fc.property(fc.array(fc.nat(4), { minLength: 1, maxLength: 60 }), fc.constantFrom(`${part}.${part}.c2ln`, basic), (choices, text) => {
      const encoded = encode(text, choices);
      const redacted = redact(`/x/${encoded} end`);
      expect(redacted).toMatch(/^[^ ]*\[redacted\](=|%(25)*3d)* end$/i);
      expect(redacted).not.toContain(encoded.slice(0, 30));
    }),
  );
});

it('takes a token out of base64', () => {
  const part = Buffer.from('{"alg":"ES256","typ":"at+jwt"}').toString('base64url');
  for (const before of ['', 'a', 'ab', 'Bearer '])
    expect(redact(`/${Buffer.from(`${before}${part}.${part}.c2ln`).toString('base64url')}/x`)).toBe('[redacted]');
});

it('leaves a line of JSON as one, whatever stands before a secret in a text of it', () => {
  const basic = Buffer.from(`admin:${secret}`).toString('base64url');
  const part = Buffer.from('{"alg":"ES256"}').toString('base64url');
  const texts = [secret, basic, `${part}.${part}.c2ln`, encodeURIComponent(`%${basic}`), `%65${basic}`];
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.constantFrom(...texts), fc.string({ unit: 'binary' }), (before, text, after) => {
      const line = JSON.parse(redact(JSON.stringify({ path: `${before}\n${text}`, other: `${before}${text} ${after}`, last: after })));
      expect(Object.keys(line)).toEqual(['path', 'other', 'last']);
      expect(line.path).not.toContain(text.slice(10, 50));
    }),
  );
});

it('is not led astray by what stands before a secret or a token', () => {
  const part = Buffer.from('{"alg":"ES256"}').toString('base64url');
  const token = `${part}.${part}.c2ln`;
  const basic = Buffer.from(`admin:${secret}`).toString('base64');
  const whole = (text: string) => [...text].map((character) => `%${character.charCodeAt(0).toString(16)}`).join('');
  for (const [text, hidden] of [
    [`/x%3DBasic%20${basic}`, basic.slice(4, 40)],
    [`/eyJhIjox.a.b.c.${token}`, `${part}.c2ln`],
    [`/eyJhbGci.a.b.c.d.e.${token}`, `${part}.c2ln`],
    [`/%2${token}`, `${part}.c2ln`],
    [`/%4${basic}`, basic.slice(4, 40)],
    [`/${whole(whole(token))}`, whole(whole(token)).slice(0, 60)],
    [`/${whole(whole(secret))}`, whole(whole(secret)).slice(0, 60)],
    [`/${whole(whole(basic))}`, whole(whole(basic)).slice(0, 60)],
  ] as const)
    expect([text, redact(text).includes(hidden)]).toEqual([text, false]);
});

it('takes no more than a few passes over what was made to take many', () => {
  const pieces = ['eyJ', 'eyJhbGciOi', 'eyJhbGciOi.', 'lk_', 'lk', '%', '%25', 'a', 'A.', '.', '-', `${secret.slice(0, 51)}`, 'YWJj/'];
  const lengths = [20_000, 160_000];
  for (const piece of pieces) {
    const texts = lengths.map((length) => piece.repeat(Math.ceil(length / piece.length)));
    const [once, eightTimes] = texts.map((text) => leastTime(() => redact(text)));
    // Squared, the longer would take 64 times as long, and in passes eight times: between them is room for a machine that is busy
    // with something else. What is too short to be measured takes no time that matters.
    expect([piece, (eightTimes as number) < 32 * Math.max(once as number, 2)]).toEqual([piece, true]);
  }
});

/** Processor time in milliseconds, the least of some: others may have interrupted the rest. */
function leastTime(work: () => void): number {
  const times = Array.from({ length: 9 }, () => {
    const began = process.cpuUsage();
    work();
    return process.cpuUsage(began).user / 1000;
  });
  return Math.min(...times);
}

it('leaves everything else as it is', () => {
  const digest = Buffer.alloc(64, 7).toString('base64');
  for (const text of [
    '{"path":"/connect/token","ms":1.2}',
    'lk_short',
    `lk_${'é'.repeat(49)}`,
    digest,
    'f'.repeat(128),
    'a.b.c',
    '%6c%6b',
    'eyJ',
    'keyJoiner.service.js',
    'moneyJournal.eu.prod',
    `honeyJar.${'a'.repeat(80)}.example.com`,
    '',
  ])
    expect(redact(text)).toBe(text);
});
