import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
/** What a benchmark takes of the server: nothing else looks whether it is still there. */
const TAKEN = /const \{ ([^}]+) \} = await loadBuilt\('([^']+)\.js'\)/g;

it('what benchmarks take of the server is there', async () => {
  const files = globSync('bench/*.ts', { cwd: ROOT }).map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }));
  const uses = files.flatMap(({ path, text }) =>
    [...text.matchAll(TAKEN)].flatMap(([, names = '', module]) => names.split(', ').map((name) => ({ path, name, module }))),
  );
  // None is written in a way that is not found here.
  expect(new Set(uses.map(({ path, module }) => path + module)).size).toBe(
    files.flatMap(({ text }) => text.match(/await loadBuilt\(/g) ?? []).length,
  );
  const missing: unknown[] = [];
  for (const use of uses) {
    const exported = await import(join(ROOT, `src/${use.module}.ts`)).catch(() => ({}));
    if (!(use.name in exported)) missing.push(use);
  }
  expect(missing).toEqual([]);
});
