/**
 * What nobody sees in a text, or what makes one text look like another: controls, ends of lines, overrides of direction,
 * joiners, fillers, tags, signs that are drawn as nothing, and what will never be a character.
 * @see https://www.unicode.org/reports/tr44/#Default_Ignorable_Code_Point
 */
const HIDDEN =
  '[\\p{Cc}\\p{Zl}\\p{Zp}\\p{Default_Ignorable_Code_Point}\\p{Noncharacter_Code_Point}\\u2800\\uFFF9-\\uFFFB\\u{13441}\\u{13442}\\u{16FE4}\\u{1D159}]';

/** In which a joiner, or the lack of one, changes how a letter is written. */
const JOINING_SCRIPTS = [
  ...['Arabic', 'Syriac', 'Mongolian', 'Nko', 'Devanagari', 'Bengali', 'Gurmukhi', 'Gujarati', 'Oriya', 'Tamil'],
  ...['Telugu', 'Kannada', 'Malayalam', 'Sinhala', 'Khmer', 'Myanmar', 'Tibetan'],
].map((script) => `\\p{Script_Extensions=${script}}`);

/** Where a script or an emoji needs one of them, it has an effect that is seen. */
const NEEDED = [
  `(?<=[${JOINING_SCRIPTS.join('')}])[\\u200C\\u200D](?=[${JOINING_SCRIPTS.join('')}])`,
  // A family of emoji, and emoji and text forms.
  '(?<=[\\p{Extended_Pictographic}\\p{Emoji_Modifier}\\uFE0F])\\u200D(?=\\p{Extended_Pictographic})',
  '(?<=\\p{Emoji})[\\uFE0E\\uFE0F]',
  // Forms of a letter: in Mongolian, and of ideographs in Japanese names.
  '(?<=\\p{Script=Mongolian})[\\u180B-\\u180D]',
  '(?<=\\p{Ideographic})[\\uFE00-\\uFE0D\\u{E0100}-\\u{E01EF}]',
  // The flags of England, Scotland and Wales.
  '(?<=\\u{1F3F4})[\\u{E0030}-\\u{E0039}\\u{E0061}-\\u{E007A}]{1,6}\\u{E007F}',
  // Marks that put a sign on its side of an Arabic or Hebrew text.
  '(?<=[[\\p{L}\\p{M}\\p{N}\\p{P}\\p{S}]--[\\p{Default_Ignorable_Code_Point}\\u2800]])[\\u200E\\u200F\\u061C]',
];

const NEEDED_OR_HIDDEN = new RegExp(`(?<needed>${NEEDED.join('|')})|${HIDDEN}`, 'gv');

/** A text without characters that are hidden and have no effect that is seen. */
export function withoutHidden(text: string): string {
  return text.replace(NEEDED_OR_HIDDEN, '$<needed>');
}

/** Whether a text has characters that are hidden and have no effect that is seen. */
export function hasHidden(text: string): boolean {
  return withoutHidden(text) !== text;
}
