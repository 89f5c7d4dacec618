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
    '',
  ])
    expect(redact(text)).toBe(text);
});
