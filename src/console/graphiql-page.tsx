import { useMemo } from 'react';
import { AccessBar } from './access-bar';
import { Explorer } from './explorer';
import { createFetcher } from './fetcher';
import { useSession } from './session';

/** The page at `/graphql`: a bar to sign in, and below it every operation of the API, ready to run. */
export function GraphiqlPage() {
  const { actions, ...state } = useSession();
  const fetcher = useMemo(() => createFetcher(actions), [actions]);
  return (
    <>
      <AccessBar state={state} actions={actions} />
      <main>
        <Explorer fetcher={fetcher} />
      </main>
    </>
  );
}
