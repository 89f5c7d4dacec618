/** For fields whose text is not language, and is not to be kept by the browser. */
export const PLAIN_TEXT = {
  autoCapitalize: 'none',
  autoComplete: 'off',
  autoCorrect: 'off',
  spellCheck: false,
  withAsterisk: false,
} as const;
