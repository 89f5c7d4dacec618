import fc from 'fast-check';
import { decodeSlots, encodeSlots, intersect, SET_SIZE, slotsIn } from '../../src/clients/search/slot-bitmap.js';
import { trigramsOf, trigramsWithin } from '../../src/clients/search/trigrams.js';

const slots = fc.uniqueArray(fc.nat(SET_SIZE - 1), { maxLength: SET_SIZE }).map((some) => some.toSorted((a, b) => a - b));
const many = fc.nat(3).map((rest) => Array.from({ length: SET_SIZE }, (_, slot) => slot).filter((slot) => slot % 4 >= rest));
const text = fc.string({ unit: 'grapheme', maxLength: 12 });

it('reads back every set of slots as it was stored, in 512 bytes at most', () => {
  fc.assert(
    fc.property(fc.oneof(slots, many), (some) => {
      const stored = encodeSlots(some);
      expect(stored.length).toBeLessThanOrEqual(512);
      expect(slotsIn(decodeSlots(stored))).toEqual(some);
    }),
  );
});

it('knows what all of some sets have', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(slots, many), { minLength: 1, maxLength: 4 }), (some) => {
      const [first = [], ...others] = some;
      const expected = first.filter((slot) => others.every((other) => other.includes(slot)));
      expect(slotsIn(intersect(some.map((one) => decodeSlots(encodeSlots(one)))))).toEqual(expected);
    }),
    { numRuns: 30 },
  );
});

it('finds every gram of a part of a text in the text', () => {
  fc.assert(
    fc.property(text, text, text, (before, part, after) => {
      const grams = new Set(trigramsOf(before + part + after));
      expect(trigramsWithin(part).filter((gram) => gram !== '' && !grams.has(gram))).toEqual([]);
    }),
  );
});

it('has a text of up to three characters as its own only gram', () => {
  for (const short of ['a', 'ab', 'abc', '🦄', '🦄🦄', 'يا', '\n']) expect(trigramsWithin(short)).toEqual([short]);
  expect(trigramsWithin('abcde')).toEqual(['abc', 'bcd', 'cde']);
});
