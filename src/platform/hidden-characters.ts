/**
 * What nobody sees in a text, or what makes one text look like another: controls, ends of lines, overrides of direction,
 * joiners, fillers, tags, signs that are drawn as nothing, and what will never be a character.
 * @see https://www.unicode.org/reports/tr44/#Default_Ignorable_Code_Point
 */
const HIDDEN =
  '[\\p{Cc}\\p{Zl}\\p{Zp}\\p{Default_Ignorable_Code_Point}\\p{Noncharacter_Code_Point}\\u2800\\uFFF9-\\uFFFB\\u{13430}-\\u{1343F}\\u{13441}\\u{13442}\\u{16FE4}\\u{1D159}]';

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
  '(?<=[\\p{Emoji}--[0-9#*]])[\\uFE0E\\uFE0F]',
  '(?<=[0-9#*])\\uFE0F(?=\\u20E3)',
  // Forms of a letter: in Mongolian, and of ideographs in Japanese names.
  '(?<=\\p{Script=Mongolian})[\\u180B-\\u180D]',
  '(?<=\\p{Ideographic})[\\uFE00-\\uFE0D\\u{E0100}-\\u{E01EF}]',
  // The flags of England, Scotland and Wales.
  '(?<=\\u{1F3F4})[\\u{E0030}-\\u{E0039}\\u{E0061}-\\u{E007A}]{1,6}\\u{E007F}',
  // How hieroglyphs stand together.
  '(?<=\\p{Script=Egyptian_Hieroglyphs})[\\u{13430}-\\u{1343F}]',
];
const SCRIPTS_FROM_RIGHT = ['Arabic', 'Hebrew', 'Syriac', 'Thaana', 'Nko', 'Adlam'].map((script) => `\\p{Script=${script}}`);
/** A letter: the marks belong to such a script themselves. */
const RIGHT_TO_LEFT = new RegExp(`[[${SCRIPTS_FROM_RIGHT.join('')}]&&\\p{L}]`, 'v');
/** Marks that put a sign on its side of a text from right to left. */
const MARKS = '(?<=[[\\p{L}\\p{M}\\p{N}\\p{P}\\p{S}]--[\\p{Default_Ignorable_Code_Point}\\u2800]])[\\u200E\\u200F\\u061C]';

const among = (needed: readonly string[]) => new RegExp(`(?<needed>${needed.join('|')})|${HIDDEN}`, 'gv');
const FROM_LEFT = among(NEEDED);
const FROM_RIGHT = among([...NEEDED, MARKS]);

/** A text without characters that are hidden and have no effect that is seen. */
export function withoutHidden(text: string): string {
  return text.replace(RIGHT_TO_LEFT.test(text) ? FROM_RIGHT : FROM_LEFT, '$<needed>');
}

/** Whether a text has characters that are hidden and have no effect that is seen. */
export function hasHidden(text: string): boolean {
  return withoutHidden(text) !== text;
}
