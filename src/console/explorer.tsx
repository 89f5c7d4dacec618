import { GraphiQL, type GraphiQLProps } from 'graphiql';
import { memo } from 'react';
import { EditorLook } from './editor-look';
import { EXAMPLES } from './examples';
import { createMemoryStorage } from './memory-storage';

const TABS = EXAMPLES.map(({ query, variables }) => ({ query, variables: toText(variables) }));

/** GraphiQL leaves it to the caller to fill the variables of the first tab. */
const FIRST_VARIABLES = TABS[0]?.variables ?? '';

/** No history: what was run may hold what should not be kept. */
const PLUGINS: GraphiQLProps['plugins'] = [];

const STORAGE = createMemoryStorage();

/** GraphiQL with an example of every operation in its tabs. Nothing that is typed or answered outlives the page. */
export const Explorer = memo(function Explorer({ fetcher }: Pick<GraphiQLProps, 'fetcher'>) {
  return (
    <GraphiQL
      fetcher={fetcher}
      defaultTabs={TABS}
      initialVariables={FIRST_VARIABLES}
      defaultEditorToolsVisibility="variables"
      inputValueDeprecation
      plugins={PLUGINS}
      shouldPersistHeaders={false}
      storage={STORAGE}
    >
      <GraphiQL.Logo>{null}</GraphiQL.Logo>
      <EditorLook />
    </GraphiQL>
  );
});

function toText(variables: object): string {
  return Object.keys(variables).length > 0 ? JSON.stringify(variables, null, 2) : '';
}
