/** For fields whose text is read letter by letter: what is typed, and not the label. */
export const MONOSPACE = { styles: { input: { fontFamily: 'var(--mantine-font-family-monospace)' } } } as const;
