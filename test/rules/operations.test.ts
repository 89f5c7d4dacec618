import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');
const operations = readFileSync(join(root, 'docs/operations.md'), 'utf8');
const faults = operations.split(/^## /m).find((section) => section.startsWith('What was measured of faults')) ?? '';
/** Names that stand in the fourth column. */
const names = [...faults.matchAll(/^(?:\|[^|\n]*){3}\| `([^`]+)` +\|/gm)]
  .map(([, name]) => name as string)
  .filter((name) => name !== 'NAME');

it('every row of what was measured of faults names files that measure it', () => {
  const files = globSync('test/**/*.test.ts', { cwd: root });
  expect(names.length).toBeGreaterThan(20);
  expect(names.filter((name) => name !== 'npm run storm' && !files.some((file) => file.includes(name)))).toEqual([]);
});
