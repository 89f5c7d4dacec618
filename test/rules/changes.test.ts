import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const src = join(import.meta.dirname, '../../src');

/** What is written beside the changes that somebody makes: what expires, what is counted or indexed, what may be used once. */
const KEEPERS = [
  'authentication/federation/remote-keys.service.ts',
  'authentication/used-proof.service.ts',
  'changes/changes.service.ts',
  'clients/client-secret.service.ts',
  'clients/search/client-index.service.ts',
  'clients/use/client-refusals.service.ts',
  'clients/use/client-use.service.ts',
  'keys/signing-keys.ts',
  'people/session.service.ts',
  'platform/database/pieces.ts',
  'tokens/token-status.service.ts',
];
/** Of those, the ones whose callers have rights: there only what expires is written past the changes. */
const SWEEPS_ALONE = ['people/session.service.ts', 'clients/client-secret.service.ts', 'keys/signing-keys.ts'];

const read = (name: string) => readFileSync(join(src, name), 'utf8');
const writes = (name: string) => [...read(name).matchAll(/database\s*\.write\(|removeInPieces\(this/g)].map(({ index }) => index);

it('nothing is written past the one way in which things are changed, but by those who keep house', () => {
  const writers = globSync('**/*.ts', { cwd: src }).filter((name) => !name.startsWith('console/') && writes(name).length > 0);
  expect(writers.sort()).toEqual(KEEPERS);
});

it.each(SWEEPS_ALONE)('%s writes past it only when it sweeps', (name) => {
  const sweep = read(name).indexOf('async sweep(');
  expect(sweep).toBeGreaterThan(0);
  expect(writes(name).filter((index) => index < sweep)).toEqual([]);
});
