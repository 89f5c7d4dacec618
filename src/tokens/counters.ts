import type { CounterDefinition } from '../platform/metrics.js';

/** Counts tokens. */
export const TOKENS_ISSUED: CounterDefinition = { name: 'latchkey_tokens_issued_total', help: 'Access tokens issued.' };
/** Counts requests for tokens that got none. */
export const TOKENS_REFUSED: CounterDefinition = {
  name: 'latchkey_tokens_refused_total',
  help: 'Requests to the token endpoint that got no token, by OAuth error code.',
  labelNames: ['reason'],
};
