import {
  type CSSVariablesResolver,
  createTheme,
  Drawer,
  defaultVariantColorsResolver,
  type MantineColorsTuple,
  Modal,
  Popover,
  Portal,
} from '@mantine/core';

/** The one accent, from a breath of it to its darkest. */
const ACCENT: MantineColorsTuple = [
  '#eef2fd',
  '#dbe3fa',
  '#b9c8f5',
  '#9db5ff',
  '#7e9af5',
  '#5b7bea',
  '#4266dc',
  '#2f54c8',
  '#2747ab',
  '#1d3787',
];
/** For what cannot be undone, and for nothing else. */
const DANGER: MantineColorsTuple = [
  '#fdeeec',
  '#fbdad6',
  '#f5b5ad',
  '#ffa79b',
  '#f08074',
  '#dd5a4d',
  '#c93f33',
  '#b3261e',
  '#971f18',
  '#7a1712',
];
/** For what deserves a second look. */
const NOTICE: MantineColorsTuple = [
  '#fff6e0',
  '#fdeac0',
  '#f9d689',
  '#f3bf55',
  '#e5a52c',
  '#c98a14',
  '#a56d08',
  '#875705',
  '#6b4403',
  '#503302',
];
const GRAY: MantineColorsTuple = [
  '#f6f7fa',
  '#eef0f5',
  '#e3e7ee',
  '#d5dbe6',
  '#b5bdcb',
  '#7d889b',
  '#566072',
  '#414a5b',
  '#2b3344',
  '#1c2433',
];
const DARK: MantineColorsTuple = [
  '#e6eaf2',
  '#c6cedb',
  '#a9b3c6',
  '#75829a',
  '#364153',
  '#2b3545',
  '#1d2430',
  '#151b25',
  '#10151d',
  '#0b0f15',
];

const TEXT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif';
const MONOSPACE = 'ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace';

/** Where dialogs and notes are put: inside the page, so that they go with it when the page is hidden. */
export const LAYERS_ID = 'layers';

/** Its head is no banner: that is the page's. */
const DIALOG = {
  transitionProps: { duration: 100 },
  closeButtonProps: { 'aria-label': 'Close' },
  attributes: { header: { role: 'presentation' } },
  styles: { title: { fontSize: 18, fontWeight: 650, minWidth: 0, overflowWrap: 'anywhere' } },
} as const;

/** Calm and dense: one accent, a grid of 4 px, motion under 150 ms and none when the system asks for none. */
export const theme = createTheme({
  colors: { accent: ACCENT, danger: DANGER, notice: NOTICE, gray: GRAY, dark: DARK },
  primaryColor: 'accent',
  primaryShade: { light: 7, dark: 3 },
  variantColorResolver: (input) => {
    const colors = defaultVariantColorsResolver(input);
    return input.variant === 'filled' ? { ...colors, color: 'var(--on-filled)' } : colors;
  },
  black: '#1c2433',
  fontFamily: TEXT,
  fontFamilyMonospace: MONOSPACE,
  headings: { fontFamily: TEXT, fontWeight: '650', sizes: { h1: { fontSize: '1.375rem' }, h2: { fontSize: '1.0625rem' } } },
  fontSizes: { xs: '0.75rem', sm: '0.8125rem', md: '0.875rem', lg: '1rem', xl: '1.125rem' },
  spacing: { xs: '8px', sm: '12px', md: '16px', lg: '24px', xl: '32px' },
  defaultRadius: 'sm',
  respectReducedMotion: true,
  cursorType: 'pointer',
  components: {
    Popover: Popover.extend({ defaultProps: { transitionProps: { duration: 100 } } }),
    Portal: Portal.extend({ defaultProps: { target: `#${LAYERS_ID}` } }),
    Drawer: Drawer.extend({ defaultProps: DIALOG }),
    Modal: Modal.extend({ defaultProps: DIALOG }),
  },
});

/** Text reads with a contrast of 4.5 or more on every surface, in both schemes. */
export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-body': '#ffffff',
    '--mantine-color-error': '#a3241b',
    '--mantine-color-placeholder': '#667085',
    '--canvas': '#f6f7fa',
    '--surface': '#ffffff',
    '--line': '#d5dbe6',
    '--accent': '#2f54c8',
    '--on-filled': '#ffffff',
    '--issued': '#4266dc',
    '--refused': '#c98a14',
  },
  dark: {
    '--mantine-color-body': '#1d2430',
    '--mantine-color-error': '#ffb4a8',
    '--mantine-color-placeholder': '#98a3b8',
    '--canvas': '#151b25',
    '--surface': '#1d2430',
    '--line': '#364153',
    '--accent': '#9db5ff',
    '--on-filled': '#10182b',
    '--issued': '#7e9af5',
    '--refused': '#f3bf55',
  },
});
