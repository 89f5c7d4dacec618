import fc from 'fast-check';

/** Every general category of Unicode. @see https://www.unicode.org/reports/tr44/#General_Category_Values */
const CATEGORIES = [
  ...['Lu', 'Ll', 'Lt', 'Lm', 'Lo', 'Mn', 'Mc', 'Me', 'Nd', 'Nl', 'No', 'Pc', 'Pd', 'Ps', 'Pe', 'Pi', 'Pf', 'Po'],
  ...['Sm', 'Sc', 'Sk', 'So', 'Zs', 'Zl', 'Zp', 'Cc', 'Cf', 'Cs', 'Co', 'Cn'],
];
const LAST_LOOKED_AT = 0x2_ff_ff;
const MOST_OF_A_CATEGORY = 6_000;

/** What takes long to bring into order, or becomes much more. */
const COSTLY = [
  '\uFDFA',
  '\u0301\u0316',
  '\u0316\u0301\u05B0\u0F71',
  'ΐ',
  '가',
  '각',
  '\u200D',
  'ß',
  'İ',
  '🏴\u{E0067}',
  'क्',
  '\uFF21',
  '𝒳',
  '㌀',
];

/** Code points of each category, one after the other. */
const members = new Map<string, string[]>(CATEGORIES.map((category) => [category, []]));
const patterns = CATEGORIES.map((category) => [category, new RegExp(`\\p{${category}}`, 'u')] as const);
for (let codePoint = 0; codePoint <= LAST_LOOKED_AT; codePoint += 1) {
  const character = String.fromCodePoint(codePoint);
  const [category] = patterns.find(([, pattern]) => pattern.test(character)) as readonly [string, RegExp];
  const known = members.get(category) as string[];
  if (known.length < MOST_OF_A_CATEGORY) known.push(character);
}

const pieces: fc.Arbitrary<string> = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom(...COSTLY) },
  // One again and again, and all of a category, of which no two are the same.
  { weight: 2, arbitrary: fc.constantFrom(...CATEGORIES).chain((category) => fc.constantFrom(...(members.get(category) as string[]))) },
  { weight: 2, arbitrary: fc.constantFrom(...CATEGORIES).map((category) => (members.get(category) as string[]).join('')) },
);

/** Texts of so many bytes, of every class of characters. */
export function longText(bytes: fc.Arbitrary<number>): fc.Arbitrary<string> {
  return fc.tuple(pieces, bytes, fc.constantFrom('', 'a', ' ')).map(([piece, most, before]) => {
    const times = Math.ceil(most / Math.max(1, Buffer.byteLength(piece)));
    const text = before + piece.repeat(times);
    return text.slice(0, Math.max(1, Math.floor((text.length * most) / Math.max(most, Buffer.byteLength(text)))));
  });
}
