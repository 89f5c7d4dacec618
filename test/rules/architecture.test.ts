import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PAGE_ROOMS, ROOMS } from '../../.dependency-cruiser.js';

const root = join(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const PAGES = ['CONTRIBUTING.md', 'docs/architecture.md', ...globSync('docs/decisions/*.md', { cwd: root })];

/** What is named as a file or folder: `room/name`, with or without what it ends in, from the top or from `src`. */
const namedIn = (page: string) => [...page.matchAll(/`((?:[a-z][\w-]*\/)+[\w.*-]+)`/g)].map(([, path]) => path as string);

const isThere = (path: string) =>
  ['', 'src/', 'src/console/'].some((from) =>
    ['', '.ts', '.tsx', '.service.ts'].some((end) => {
      const whole = from + path + end;
      return whole.includes('*') ? globSync(whole, { cwd: root }).length > 0 : existsSync(join(root, whole));
    }),
  );

it.each(PAGES)('every file and folder is there that %s names', (path) => {
  expect(namedIn(read(path)).filter((name) => !isThere(name))).toEqual([]);
});

it('the picture has the rooms in their order, the last on top', () => {
  const picture = read('docs/architecture.md').split('```')[1] ?? '';
  const rows = [...picture.matchAll(/^ {3}\| ([a-z]+) {2,}|^ {21}(main\.ts)/gm)].map(([, room, main]) => room ?? main);
  expect(rows.filter((room) => ROOMS.includes(room as string)).reverse()).toEqual(ROOMS);
  const pages = /words < .*/.exec(picture)?.[0].split(' < ');
  expect(pages).toEqual(PAGE_ROOMS.filter((room) => !room.endsWith('.tsx')));
});

it('every decision is listed', () => {
  const listed = [...read('docs/decisions/README.md').matchAll(/\]\(([\w-]+\.md)\)/g)].map(([, name]) => name);
  expect(listed.sort()).toEqual(globSync('*.md', { cwd: join(root, 'docs/decisions'), exclude: ['README.md'] }).sort());
});
