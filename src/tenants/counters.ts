import type { CounterDefinition } from '../platform/metrics.js';

/** Counts operations that were refused for want of a right. */
export const RIGHTS_REFUSED: CounterDefinition = {
  name: 'latchkey_rights_refused_total',
  help: 'Operations of the GraphQL API that were refused for want of a right, by the right; "ended" when all of them had ended meanwhile.',
  labelNames: ['right'],
};
