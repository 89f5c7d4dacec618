import type { useMonaco } from '@graphiql/react';

type Monaco = NonNullable<Parameters<Parameters<typeof useMonaco>[0]>[0]['monaco']>;
type Theme = Parameters<Monaco['editor']['defineTheme']>[1];

const LIGHT = {
  accent: '#2f54c8',
  comment: '#5b6577',
  keyword: '#7a2a8c',
  number: '#0a6b4d',
  property: '#1d4f8f',
  string: '#a02a20',
  surface: '#ffffff',
  text: '#1c2433',
  type: '#0b6472',
  quiet: '#667085',
};

const DARK: typeof LIGHT = {
  accent: '#9db5ff',
  comment: '#98a3b8',
  keyword: '#e0a5ee',
  number: '#8bd8b6',
  property: '#9cc7ff',
  string: '#ffb59e',
  surface: '#1d2430',
  text: '#e6eaf2',
  type: '#7fd3df',
  quiet: '#8f9bb0',
};

/** Puts the page's colours into GraphiQL's two editor themes. Each reads with a contrast of 4.5 or more. */
export function defineEditorThemes(monaco: Monaco): void {
  monaco.editor.defineTheme('graphiql-LIGHT', theme('vs', LIGHT));
  monaco.editor.defineTheme('graphiql-DARK', theme('vs-dark', DARK));
}

function theme(base: Theme['base'], palette: typeof LIGHT): Theme {
  return { base, inherit: true, colors: colorsOf(palette), rules: rulesOf(palette) };
}

function rulesOf({ comment, keyword, number, property, string, text, type }: typeof LIGHT): Theme['rules'] {
  const colours = {
    '': text,
    'argument.identifier.gql': property,
    'comment.gql': comment,
    delimiter: text,
    'key.identifier.gql': property,
    keyword: keyword,
    'keyword.json': keyword,
    number: number,
    string: string,
    'string.key.json': property,
    'string.value.json': string,
    'type.identifier.gql': type,
  };
  return Object.entries(colours).map(([token, colour]) => ({ token, foreground: colour.slice(1) }));
}

function colorsOf({ accent, comment, quiet, string, surface, text }: typeof LIGHT): Theme['colors'] {
  const selected = `${accent}22`;
  return {
    'editor.background': '#ffffff00',
    'editor.foreground': text,
    'editor.placeholder.foreground': comment,
    'editorBracketHighlight.foreground1': text,
    'editorBracketHighlight.foreground2': text,
    'editorBracketHighlight.foreground3': text,
    'editorBracketHighlight.unexpectedBracket.foreground': string,
    'editorHoverWidget.background': surface,
    'editorLineNumber.activeForeground': text,
    'editorLineNumber.foreground': quiet,
    'editorSuggestWidget.background': surface,
    'editorSuggestWidget.highlightForeground': accent,
    'editorSuggestWidget.selectedBackground': selected,
    'editorSuggestWidget.selectedForeground': text,
    'editorWidget.background': surface,
    focusBorder: accent,
    'list.hoverBackground': selected,
    'menu.background': surface,
    'menu.selectionBackground': selected,
    'menu.selectionForeground': text,
    'quickInput.background': surface,
    'quickInputList.focusBackground': selected,
    'quickInputList.focusForeground': text,
    'scrollbar.shadow': '#ffffff00',
    'textLink.activeForeground': accent,
    'textLink.foreground': accent,
  };
}
