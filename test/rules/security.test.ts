import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');
const security = readFileSync(join(root, 'docs/security.md'), 'utf8');

/** What stands below a heading. */
function sectionOf(heading: string): string {
  return security.split(`## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
}

/** The cells of the table below a heading, row by row. */
function rowsOf(heading: string): string[][] {
  const lines = sectionOf(heading).match(/^\|.*\|$/gm) ?? [];
  return lines.slice(2).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

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
  const listed = rowsOf('Cryptography').flatMap(([, label]) => (label ? [label.slice(1, -1)] : []));
  expect(derived.length).toBeGreaterThan(3);
  expect(listed.toSorted()).toEqual(derived.toSorted());
});

it('the inventory has every file that does something with keys, and no other', () => {
  const listed = rowsOf('Cryptography').flatMap(([, , , where]) => [...(where ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name));
  const using = globSync('src/**/*.ts', { cwd: root, exclude: ['src/console/**'] }).filter((path) =>
    /from '(node:crypto|jose)'/.test(readFileSync(join(root, path), 'utf8')),
  );
  expect(using.length).toBeGreaterThan(20);
  expect([...new Set(listed)].toSorted()).toEqual(using.toSorted());
});

it('each attack has a test that shows what stands against it, and each chapter of ASVS has its row', () => {
  const attacks = rowsOf('Against whom');
  expect(attacks.length).toBeGreaterThan(15);
  for (const [, attack, , shown] of attacks) expect([attack, shown]).toEqual([attack, expect.stringMatching(/^`test\//)]);
  const chapters = rowsOf('OWASP ASVS 5, by chapter').map(([chapter]) => chapter?.split(' ')[0]);
  expect(chapters).toEqual(Array.from({ length: 17 }, (_, index) => `V${index + 1}`));
});
