import { lazy, Suspense } from 'react';
import { Waiting } from '../ui/states';

const GraphiqlExplorer = lazy(() => import('./explorer').then(({ GraphiqlExplorer: component }) => ({ default: component })));

/** GraphiQL, which is large and comes only when somebody opens it. */
export function Explorer() {
  return (
    <Suspense fallback={<Waiting />}>
      <GraphiqlExplorer />
    </Suspense>
  );
}
