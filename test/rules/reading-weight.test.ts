import { parse } from 'graphql';
import { weightOnceRead } from '../../src/server/graphql/reading-weight.js';

const weigh = (text: string) => weightOnceRead(Buffer.from(text));

/** Tokens of a document. */
function tokensOf(document: string): number {
  let tokens = 0;
  for (let token = parse(document).loc?.startToken; token; token = token.next ?? undefined) tokens += 1;
  return tokens;
}

/** A document that says the same in as few characters as can be, and in many. */
const DOCUMENTS = [
  '{a{b}}',
  '{ a(b: [1, -2.5, "text", """block"""], c: {d: $e, f: G}) @h { ...i ... on J { k: l } } } # end',
  'query($a:[B!]!=[1]){c(d:$a){e}}fragment f on G{h}',
  `{${Array.from({ length: 100 }, (_, number) => `a${number}:b`).join('\n')}}`,
  `{${'...{a}'.repeat(50)}}`,
  `{${Array(50).fill('a').join('\uFEFF')}}`,
  `{${Array(50).fill('a').join(',')}}`,
];

it.each(DOCUMENTS)('no document takes more than it weighs, however it is sent %#', (document) => {
  const least = tokensOf(document) - 2;
  expect(weigh(document)).toBeGreaterThanOrEqual(least * 600);
  expect(weigh(JSON.stringify({ query: document }))).toBeGreaterThanOrEqual(least * 600);
  const escaped = [...document].map((character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');
  expect(JSON.parse(`"${escaped}"`)).toBe(document);
  expect(weigh(`{"query":"${escaped}"}`)).toBeGreaterThanOrEqual(least * 600);
});

it('values weigh as well, and a long text about what it is long', () => {
  expect(weigh(JSON.stringify(Array(1_000).fill({})))).toBeGreaterThan(1_000 * 600);
  expect(weigh(JSON.stringify('x'.repeat(10_000)))).toBeLessThan(30_000);
  expect(weigh(JSON.stringify('\n'.repeat(10_000)))).toBeLessThan(50_000);
  expect(weigh(' '.repeat(1_000))).toBeLessThan(3_000);
});
