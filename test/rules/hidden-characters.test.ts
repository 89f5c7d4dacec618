import { hasHidden, withoutHidden } from '../../src/platform/hidden-characters.js';

const FLAG = '\u{1F3F4}\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}';

it.each([
  ['a zero-width space', '\u200B'],
  ['a blank of Braille', '\u2800'],
  ['a Hangul filler', '\u3164'],
  ['tags', '\u{E0061}\u{E0062}'],
  ['a joiner alone', '\u200D'],
  ['a joiner of Latin letters', 'a\u200Db'],
  ['a joiner at the end', 'می\u200C'],
  ['a soft hyphen', 'pay\u00ADments'],
  ['a mark of direction alone', '\u200F'],
  ['an override of direction', 'a\u202Eb'],
  ['an end of a line', 'a\u2028b'],
  ['a control', 'a\u0007b'],
  ['a selector of a form that a letter has not', 'a\uFE0F'],
  ['a mark of direction in a text from left to right', 'Payroll\u200E'],
  ['another', 'Ad\u061Cmin'],
  ['a selector of a digit', 'Payroll 1\uFE0F'],
  ['a selector of a sign', '#\uFE0E1'],
  ['a joiner of hieroglyphs after a letter', 'a\u{13430}'],
  ['a note without a head', '\u{1D159}'],
  ['a blank hieroglyph', '\u{13441}'],
  ['a filler of Khitan', '\u{16FE4}'],
  ['what is no character', '\uFDD0'],
  ['the last code point', '\u{10FFFF}'],
  ['tags after a flag of no country', `\u{1F6A9}${FLAG.slice(2)}`],
])('finds %s', (_what, text) => {
  expect(hasHidden(text)).toBe(true);
  expect(hasHidden(withoutHidden(text))).toBe(false);
});

it.each([
  ['Persian', 'می\u200Cخواهم'],
  ['Hindi', 'क्\u200Dष'],
  ['Japanese', '葛\u{E0100}飾'],
  ['Mongolian', 'ᠠ\u180B'],
  ['Hebrew beside Latin', 'שלום C++\u200F'],
  ['hieroglyphs that stand together', '\u{13000}\u{13430}\u{13001}'],
  ['Korean', '가나다'],
  ['a family', '👩‍👩‍👧‍👦'],
  ['a profession', '👩🏽‍💻'],
  ['a heart', '❤️'],
  ['a keycap', '1️⃣'],
  ['the flag of a country', '🇸🇦'],
  ['the flag of England', FLAG],
  ['the flag of a movement', '🏳️‍🌈'],
])('leaves %s as it is', (_what, text) => {
  expect(hasHidden(text)).toBe(false);
  expect(withoutHidden(text)).toBe(text);
});
