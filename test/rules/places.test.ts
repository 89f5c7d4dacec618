import { Socket } from 'node:net';
import { type GiveBack, Places, PlacesByName } from '../../src/platform/queues/places.js';

const wait = (name: string, { connection, ms = 60_000 }: { connection?: Socket; ms?: number } = {}) => ({
  member: { crowd: 'all', name },
  deadline: performance.now() + ms,
  tooLate: () => new Error('too late'),
  connection,
});

it('whoever is gone waits no more, and takes no place from others', async () => {
  const places = new Places(1);
  const [gone, there] = [new Socket(), new Socket()];
  const giveBack = await places.take(wait('a'));
  const order: string[] = [];
  const note = (name: string) => (leave: GiveBack) => {
    order.push(name);
    leave();
  };
  const left = places.take(wait('b', { connection: gone })).catch(({ message }) => order.push(message));
  const all = [left, places.take(wait('c', { connection: there })).then(note('c')), places.take(wait('d')).then(note('d'))];
  gone.destroy();
  await left;
  giveBack();
  await Promise.all(all);
  expect(order).toEqual(['too late', 'c', 'd']);
  expect([gone, there].map((socket) => socket.listenerCount('close'))).toEqual([0, 0]);
  await expect(places.take(wait('b', { connection: gone }))).rejects.toThrow('too late');
  expect(places.areFree).toBe(true);
});

it('whoever waits for longer than they may is told', async () => {
  const places = new Places(1);
  const connection = new Socket();
  await places.take(wait('a'));
  await expect(places.take(wait('b', { connection, ms: 5 }))).rejects.toThrow('too late');
  expect(connection.listenerCount('close')).toBe(0);
});

it('a place that is given back twice is one place', async () => {
  const places = new PlacesByName(1);
  const first = await places.take('x', wait('a'));
  first();
  const second = await places.take('x', wait('a'));
  first();
  const third = places.take('x', wait('b')).then(() => 'third');
  expect(await Promise.race([third, Promise.resolve('nobody')])).toBe('nobody');
  second();
  expect(await third).toBe('third');
});
