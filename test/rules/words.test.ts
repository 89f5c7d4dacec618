import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const SOURCES = join(import.meta.dirname, '../../src');

/** Where somebody should come who searches the sources for a word of the field. */
it.each([
  ['retried', 'platform/database/mysql-engine.ts'],
  ['deadlock', 'platform/database/mysql-engine.ts'],
  ['commit marker', 'platform/database/commit-marker.ts'],
  ['idempotent', 'platform/database/commit-marker.ts'],
  ['timeout', 'platform/deadline.ts'],
  ['semaphore', 'platform/queues/places.ts'],
  ['fair queue', 'platform/queues/turns.ts'],
  ['batches', 'platform/queues/batches.ts'],
  ['rate limit', 'authentication/throttle.ts'],
  ['rate limits', 'changes/tenant-limits.rules.ts'],
  ['replay', 'authentication/used-proof.service.ts'],
  ['race', 'tenants/tenant-lock.service.ts'],
  ['decoy', 'clients/registered-client.ts'],
  ['trigram', 'clients/search/trigrams.ts'],
  ['bitmap', 'clients/search/slot-bitmap.ts'],
  ['cache', 'server/graphql/document-store.ts'],
  ['pool of worker processes', 'server/workers/worker-pool.ts'],
])('the word "%s" stands in a comment of src/%s', (word, path) => {
  const comments = readFileSync(join(SOURCES, path), 'utf8').match(/\/\*\*[\s\S]*?\*\/|\/\/.*/g) ?? [];
  expect(comments.some((comment) => new RegExp(`\\b${word}`, 'i').test(comment))).toBe(true);
});
