import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');
const security = readFileSync(join(root, 'docs/security.md'), 'utf8');

it('every file that the document names is there', () => {
  const names = [...security.matchAll(/`((?:src|test)\/[^`]+)`/g)].map(([, name]) => name as string);
  expect(names.length).toBeGreaterThan(40);
  expect(names.filter((name) => !existsSync(join(root, name)))).toEqual([]);
});

it('every link leads to a heading', () => {
  const headings = [...readFileSync(join(root, 'docs/operations.md'), 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, text]) =>
    (text as string).toLowerCase().replaceAll(' ', '-'),
  );
  const links = [...security.matchAll(/\(operations\.md#([^)]+)\)/g)].map(([, anchor]) => anchor as string);
  expect(links.length).toBeGreaterThan(1);
  expect(links.filter((anchor) => !headings.includes(anchor))).toEqual([]);
});

it('the inventory has every key that is derived, and no other', () => {
  const derived = [...readFileSync(join(root, 'src/platform/cipher.ts'), 'utf8').matchAll(/derive\(key, '([^']+)'\)/g)].map(
    ([, label]) => label,
  );
  const inventory = security.split('## Cryptography')[1]?.split('\n## ')[0] ?? '';
  const listed = [...inventory.matchAll(/^\|[^|]*\| `([^`]+)` \|/gm)].map(([, label]) => label);
  expect(derived.length).toBeGreaterThan(3);
  expect(listed.toSorted()).toEqual(derived.toSorted());
});
