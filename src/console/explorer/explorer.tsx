import 'graphiql/setup-workers/vite';
import { useComputedColorScheme, VisuallyHidden } from '@mantine/core';
import { GraphiQL, type GraphiQLProps } from 'graphiql';
import { memo, useMemo } from 'react';
import { useSession } from '../session/session';
import { EditorLook } from './editor-look';
import { EXAMPLES } from './examples';
import { createFetcher } from './fetcher';
import { createMemoryStorage } from './memory-storage';
// GraphiQL's own bundle of styles also carries two web fonts; these are its parts without them.
import '@graphiql/react/style.css';
import '@graphiql/plugin-doc-explorer/style.css';
import 'graphiql/graphiql.css';
import './graphiql.css';

const TABS = EXAMPLES.map(({ query, variables }) => ({ query, variables: toText(variables) }));

/** GraphiQL leaves it to the caller to fill the variables of the first tab. */
const FIRST_VARIABLES = TABS[0]?.variables ?? '';

/** No history: what was run may hold what should not be kept. */
const PLUGINS: GraphiQLProps['plugins'] = [];

/** GraphiQL with an example of every operation in its tabs. Nothing that is typed or answered outlives the session. */
export function GraphiqlExplorer() {
  const { actions } = useSession();
  const scheme = useComputedColorScheme();
  const fetcher = useMemo(() => createFetcher(actions), [actions]);
  const storage = useMemo(createMemoryStorage, []);
  return (
    <div className="explorer">
      <VisuallyHidden component="h1">API explorer</VisuallyHidden>
      <Editors fetcher={fetcher} storage={storage} forcedTheme={scheme} />
    </div>
  );
}

const Editors = memo(function Editors(props: Pick<GraphiQLProps, 'fetcher' | 'storage' | 'forcedTheme'>) {
  return (
    <GraphiQL
      {...props}
      defaultTabs={TABS}
      initialVariables={FIRST_VARIABLES}
      defaultEditorToolsVisibility="variables"
      inputValueDeprecation
      plugins={PLUGINS}
      shouldPersistHeaders={false}
    >
      <GraphiQL.Logo>{null}</GraphiQL.Logo>
      <EditorLook />
    </GraphiQL>
  );
});

function toText(variables: object): string {
  return Object.keys(variables).length > 0 ? JSON.stringify(variables, null, 2) : '';
}
