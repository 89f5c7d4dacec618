import { useGraphiQL, useGraphiQLActions, useMonaco } from '@graphiql/react';
import { useEffect } from 'react';
import { defineEditorThemes } from './editor-theme';

/** Gives the editors the colours of the page, and turns them over when the system turns from light to dark. */
export function EditorLook() {
  const monaco = useMonaco((state) => state.monaco);
  const theme = useGraphiQL((state) => state.theme);
  const { setTheme } = useGraphiQLActions();

  useEffect(() => {
    if (monaco) defineEditorThemes(monaco);
  }, [monaco]);

  useEffect(() => {
    if (theme !== null) return;
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    const follow = () => setTheme(null);
    scheme.addEventListener('change', follow);
    return () => scheme.removeEventListener('change', follow);
  }, [theme, setTheme]);

  return null;
}
