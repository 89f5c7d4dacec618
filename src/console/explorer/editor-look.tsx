import { formatShortcutForOS, KEY_MAP, useGraphiQL, useMonaco } from '@graphiql/react';
import { useEffect } from 'react';
import { defineEditorThemes } from './editor-theme';
import { useHonestTabs } from './tab-roles';

const SHARED = {
  // Lists and hints may then reach over the edge of a pane, and the text need not.
  fixedOverflowWidgets: true,
  fontFamily: 'ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace',
  fontSize: 13,
  lineHeight: 20,
  // At its end an editor hands the wheel on to the page.
  scrollbar: { alwaysConsumeMouseWheel: false, horizontalScrollbarSize: 10, verticalScrollbarSize: 10 },
  wordWrap: 'on',
} as const;

const RUN_KEYS = formatShortcutForOS(KEY_MAP.runQuery.key, 'Cmd');

/** Gives the editors the page's colours and type, and a name each for those who cannot see them. */
export function EditorLook() {
  const monaco = useMonaco((state) => state.monaco);
  useEffect(() => {
    if (monaco) defineEditorThemes(monaco);
  }, [monaco]);
  useEditorOptions();
  useHonestTabs();
  return null;
}

function useEditorOptions(): void {
  const operation = useGraphiQL((state) => state.queryEditor);
  const variables = useGraphiQL((state) => state.variableEditor);
  const headers = useGraphiQL((state) => state.headerEditor);
  const result = useGraphiQL((state) => state.responseEditor);
  useEffect(() => {
    operation?.updateOptions({ ...SHARED, ariaLabel: 'Operation' });
    variables?.updateOptions({ ...SHARED, ariaLabel: 'Variables', placeholder: 'No variables.' });
    headers?.updateOptions({
      ...SHARED,
      ariaLabel: 'Headers',
      placeholder: 'More headers, as JSON.',
    });
    result?.updateOptions({
      ...SHARED,
      ariaLabel: 'Result',
      placeholder: `${RUN_KEYS} runs the operation.`,
    });
  }, [operation, variables, headers, result]);
}
