import fc from 'fast-check';
import { toNameKey, toSearchedText, toSearchText } from '../../src/platform/search-text.js';

it.each([
  ['Émile', 'emile'],
  ['ＦＵＬＬ', 'full'],
  ['ﬁnance', 'finance'],
  ['مُبِيعَات', 'مبيعات'],
  ['می\u200Cخواهم', 'میخواهم'],
  ['Straße', 'strasse'],
  ['STRAẞE', 'strasse'],
  ['Ørsted', 'orsted'],
  ['Işık', 'isik'],
  ['ışık', 'isik'],
  ['IŞIK', 'isik'],
  ['İzmir', 'izmir'],
  ['Łódź', 'lodz'],
  ['Đặng', 'dang'],
  ['Ægir Þór', 'aegir thor'],
  ['ΣΊΣΥΦΟΣ', 'σισυφοσ'],
  ['Σίσυφος', 'σισυφοσ'],
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

it('searches what is searched as it is, whatever it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => toSearchText(toSearchText(text)) === toSearchText(text)),
    { numRuns: 2000 },
  );
});

describe('what somebody searches for', () => {
  it.each([
    ['a ligature of eighteen letters', '\uFDFA'.repeat(100_000)],
    ['marks', `a${'\u0301\u0316'.repeat(50_000)}`],
    ['letters', 'a'.repeat(301)],
    ['blanks', `${' '.repeat(300)}a`],
    ['halves of characters', '\ud83e'.repeat(1000)],
  ])('is found nowhere when it has thousands of %s, and is cut to size', (_what, search) => {
    const text = toSearchedText(search);
    expect(text.endsWith('\u0000')).toBe(true);
    expect(text.length).toBeLessThan(302);
  });

  it('is found when it is as long as a name may be, however that is written', () => {
    const name = 'Việt'.repeat(25);
    expect(toSearchedText(` ${name.normalize('NFD')} `)).toBe(toSearchText(name));
    expect(toSearchedText('   ')).toBe('');
  });
});
