import { Held } from '../../src/platform/queues/held.js';

it('all that is held goes back at the end, once, and what comes after it at once', () => {
  const held = new Held();
  const back: string[] = [];
  const early = held.add(() => back.push('a'));
  held.add(() => back.push('b'));
  early();
  early();
  expect(back).toEqual(['a']);
  held.end();
  held.end();
  expect(back).toEqual(['a', 'b']);
  const late = held.add(() => back.push('c'));
  late();
  early();
  expect(back).toEqual(['a', 'b', 'c']);
});
