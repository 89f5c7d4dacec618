import fc from 'fast-check';
import { toNameKey, toSearchText } from '../../src/platform/search-text.js';

it.each([
  ['Émile', 'emile'],
  ['ＦＵＬＬ', 'full'],
  ['ﬁnance', 'finance'],
  ['مُبِيعَات', 'مبيعات'],
])('searches %s as %s', (text, expected) => {
  expect(toSearchText(text)).toBe(expected);
});

it('fits its columns whatever the name', () => {
  const name = fc.string({ unit: 'grapheme', maxLength: 100 }).map((text) => [...text].slice(0, 100).join(''));
  fc.assert(
    fc.property(name, (text) => [...toNameKey(text)].length <= 100 && [...toSearchText(`${text}\n${'x'.repeat(100)}`)].length <= 2000),
  );
  expect([...toSearchText(`${'\uFDFA'.repeat(100)}\n${'x'.repeat(100)}`)].length).toBeLessThanOrEqual(2000);
});

it('finds a part of a text wherever it finds the text', () => {
  fc.assert(fc.property(fc.string(), fc.string(), (before, after) => toSearchText(`${before}needle${after}`).includes('needle')));
});
