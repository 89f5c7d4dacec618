import { cruise, type ICruiseResult } from 'dependency-cruiser';
import config, { importFromBefore, PAGE_ROOMS, ROOMS } from '../../.dependency-cruiser.js';

async function violations(rules: object[]): Promise<ICruiseResult['summary']['violations']> {
  const options = { ...(config.options as object), ruleSet: { forbidden: rules as never[] }, validate: true };
  const { output } = await cruise(['src', 'ormconfig.ts'], options);
  return (output as ICruiseResult).summary.violations;
}

it('lets each room import only rooms before it, and keeps every other rule of the house', async () => {
  expect(await violations(config.forbidden)).toEqual([]);
});

it.each([
  ['src', ROOMS],
  ['src/console', PAGE_ROOMS],
])('would see in %s whoever imports a room that stands after theirs', async (folder, rooms) => {
  const found = await violations(importFromBefore(folder, rooms.toReversed()));
  const roomOf = (path: string) => path.slice(folder.length + 1).split('/')[0];
  const importers = new Set(found.map(({ from }) => roomOf(from)));
  const imported = new Set(found.map(({ to }) => roomOf(to)));
  expect([...importers].sort()).toEqual(rooms.slice(1).sort());
  expect(rooms.filter((room) => !imported.has(room) && !importers.has(room))).toEqual([]);
});
