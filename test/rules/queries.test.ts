import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');

it('nobody reads the query of a request through Koa, which takes the square of how often a name is in it', () => {
  const files = globSync('src/**/*.ts', { cwd: root, exclude: ['src/console/**'] });
  expect(files.length).toBeGreaterThan(100);
  const reading = files.filter((path) => /\b(ctx|request)\.query\b(?!\.has\()/.test(readFileSync(join(root, path), 'utf8')));
  expect(reading).toEqual([]);
});
