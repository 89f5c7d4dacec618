import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import tests from '../../jest.config.js';
import faults from '../../jest.faults.config.js';

const root = join(import.meta.dirname, '../..');
/** A bound as the last argument of a test or hook, on the line that closes it or on one of its own. */
const OWN_BOUND = /^\s*(?:\}, ([\d_]+)\);|([\d_]{4,}),)$/gm;

it('no test has less time than all have: a slow machine is no fault', () => {
  expect(faults.testTimeout).toBe(tests.testTimeout);
  const short = globSync('{test,testbed}/**/*.ts', { cwd: root }).flatMap((path) =>
    [...readFileSync(join(root, path), 'utf8').matchAll(OWN_BOUND)]
      .filter(([, closing, alone]) => Number((closing ?? (alone as string)).replaceAll('_', '')) <= tests.testTimeout)
      .map(([line]) => `${path}: ${line.trim()}`),
  );
  expect(short).toEqual([]);
});
