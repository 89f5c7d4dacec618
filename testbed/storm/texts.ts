import fc from 'fast-check';

/** What has broken some program before: ends of strings, halves of characters, directions, names of prototypes, ends of ranges. */
const PIECES = [
  '',
  ' ',
  '\u0000',
  '\t',
  '\n',
  '\r\n',
  '"',
  "'",
  '`',
  '\\',
  '%',
  '%%',
  '%_',
  '%00',
  '%zz',
  '#',
  '&',
  '=',
  '+',
  ';',
  ',',
  '..',
  '../../',
  '{{1}}',
  '$' + '{1}',
  '<!--',
  '-1',
  '1e309',
  'NaN',
  'null',
  'true',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '\ud800',
  '\udfff',
  '\udc00\ud800',
  '\uFEFF',
  '\uFFFD',
  '\uFFFF',
  '\u2028',
  '\u202e',
  '\u200f',
  '\u061c',
  'لوحة المبيعات',
  'مَرْحَبًا',
  'ﷺ',
  'שלום',
  'é',
  'e\u0301',
  'Z\u0337\u0353\u0317\u035d',
  'ß',
  'İ',
  'ı',
  'ǅ',
  'ﬁ',
  '𝒳',
  '🦄',
  '👩‍👩‍👧‍👦',
  '🇸🇦',
  '1️⃣',
  '가',
  '漢字',
];
const LENGTHS = [3, 100, 101, 255, 256, 300, 2001, 4096, 20_000];

const piece = fc.constantFrom(...PIECES);
const long = fc.tuple(fc.oneof(piece, fc.constantFrom('a', '🦄', 'ع', 'é')), fc.constantFrom(...LENGTHS)).map(([what, most]) => {
  return what.repeat(Math.ceil(most / Math.max(1, what.length))).slice(0, most);
});

/** Texts that nobody expects, mostly short. */
export const text: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: piece },
  { weight: 4, arbitrary: fc.array(fc.oneof(piece, fc.constantFrom('a', 'Z', '9', '-')), { maxLength: 6 }).map((all) => all.join('')) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 30 }) },
  { weight: 2, arbitrary: fc.string({ maxLength: 20 }) },
  { weight: 1, arbitrary: long },
);

/** Whole and other numbers, as they would stand in JSON; those that JSON cannot hold as texts. */
export const numeral = fc.constantFrom(
  ...['0', '1', '2', '50', '100', '101', '-1', '-0', '3600', '86400', '31536000', '31536001', '2147483647', '2147483648', '-2147483649'],
  ...['9007199254740993', '99999999999999999999', '1.5', '1e3', '1e400', '-1e-400', '0.1'],
);

/** Moments, and what only looks like one. */
export const moment = fc.constantFrom(
  ...['2026-11-24T00:00:00Z', '2026-11-24T00:00:00.123Z', '1970-01-01T00:00:00Z', '1969-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
  ...['0000-01-01T00:00:00Z', '0001-01-01T00:00:00Z', '0099-06-01T00:00:00Z', '2026-02-29T00:00:00Z', '2024-02-29T23:59:60Z'],
  ...[
    '2026-11-24',
    '2026-11-24T00:00:00',
    '2026-11-24T25:00:00Z',
    '2026-11-24T00:00:00+14:00',
    '2026-11-24t00:00:00z',
    '0000-01-01T00:00:00+23:59',
  ],
  ...[
    '9999-12-31T23:59:59-23:59',
    '+275760-09-13T00:00:00.000Z',
    '-271821-04-20T00:00:00.000Z',
    '2026-11-24T00:00:00.123456789Z',
    'now',
    '',
  ],
);

/** Cuts a piece out of a text, puts one in, or doubles one. */
export function damage(whole: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const place = fc.nat(10_000);
  const insertion = fc.oneof(piece, fc.constantFrom('{', '}', '(', ')', '[', ']', ':', '@', '!', '...', '"""', '\u0001'));
  return fc.tuple(whole, place, fc.nat(8), insertion, fc.boolean()).map(([before, at, count, added, isDoubled]) => {
    const from = before.length === 0 ? 0 : at % before.length;
    const cut = before.slice(from, from + count);
    return before.slice(0, from) + (isDoubled ? cut + cut : added) + before.slice(from + count);
  });
}

/** What `base` makes, and damaged in so many cases of a hundred. */
export function sometimesDamaged(base: fc.Arbitrary<string>, percent: number): fc.Arbitrary<string> {
  return fc.oneof({ weight: 100 - percent, arbitrary: base }, { weight: percent, arbitrary: damage(base) });
}
