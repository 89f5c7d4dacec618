import { Socket } from 'node:net';
import { type Comer, Turns } from '../../src/platform/queues/turns.js';

/** The order in which those begin who came while somebody else had the turn. */
async function orderOf(members: readonly Comer[], costOf: (member: Comer) => number = () => 0): Promise<string> {
  const turns = new Turns();
  const first = turns.take({ rank: 'known', crowd: 'first', name: 'first' });
  let order = '';
  const begun = members.map((member) =>
    turns.take(member).then(() => {
      order += member.name;
      turns.spend(member, costOf(member));
    }),
  );
  await Promise.all([first, ...begun]);
  return order;
}

const times = (count: number, member: Comer) => Array.from({ length: count }, () => member);
const [a, b, c, d] = [
  { rank: 'known', crowd: 'one', name: 'a' },
  { rank: 'known', crowd: 'one', name: 'b' },
  { rank: 'known', crowd: 'two', name: 'c' },
  { rank: 'known', crowd: 'three', name: 'd' },
] as const;
const [x, y] = [{ rank: 'stranger', crowd: 'network', name: 'x' } as const, { rank: 'stranger', crowd: 'network', name: 'y' } as const];

it('crowds take turns, and so do the members of one', async () => {
  expect(await orderOf([...times(6, a), ...times(2, b), ...times(3, c), d])).toBe('acdbcacbaaaa');
});

it('whose turns cost more has fewer, and so has their crowd', async () => {
  const order = await orderOf([...times(4, a), ...times(8, c)], ({ name }) => (name === 'a' ? 3 : 0));
  expect(order).toBe('accccaccccaa');
  expect(await orderOf([...times(3, a), ...times(6, b)], ({ name }) => (name === 'a' ? 2 : 0))).toBe('abbbabbba');
});

it('strangers come last, by turns', async () => {
  expect(await orderOf([...times(3, x), y, ...times(3, c), a])).toBe('caccxyxx');
});

it('who was alone stands where those stand who come, as a crowd and as one of it', async () => {
  const turns = new Turns();
  for (let time = 0; time < 1_000; time += 1) await turns.take(a);
  let order = '';
  await turns.take(d);
  await Promise.all([b, b, b, a, c].map((member) => turns.take(member).then(() => (order += member.name))));
  expect(order).toBe('cbabb');
});

it('whoever is gone waits no more, and takes no turn from others', async () => {
  const turns = new Turns();
  const [first, second] = [new Socket(), new Socket()];
  const order: string[] = [];
  const note = (name: string) => (isTurn: boolean) => order.push(`${name} ${isTurn}`);
  const all = [
    turns.take(a).then(note('a')),
    turns.take(b, first).then(note('b')),
    turns.take(b, second).then(note('b')),
    turns.take(c).then(note('c')),
    turns.take(d).then(note('d')),
  ];
  first.destroy();
  await Promise.all(all);
  expect(order).toEqual(['a true', 'b false', 'c true', 'd true', 'b true']);
  expect([first, second].map((socket) => socket.listenerCount('close'))).toEqual([0, 0]);
  expect(await turns.take(a, first)).toBe(false);
});
