import { networkInterfaces } from 'node:os';
import fc from 'fast-check';
import { isReachable, parseNetwork } from '../../src/platform/http/networks.js';

const listed = (...texts: string[]) => texts.map((text) => parseNetwork(text) ?? fail(text));
const fail = (text: string): never => {
  throw new Error(`${text} is no network`);
};

it('takes what can be reached from everywhere', () => {
  for (const address of ['8.8.8.8', '1.1.1.1', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '2a00:1450::1', '::ffff:8.8.8.8'])
    expect([address, isReachable(address, [])]).toEqual([address, true]);
});

it.each([
  ['this machine', ['127.0.0.1', '127.255.255.254', '::1', '0.0.0.0', '0.1.2.3', '::', '::ffff:127.0.0.1', '::127.0.0.1']],
  [
    'private networks',
    ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.0.1', 'fc00::1', 'fd12:3456::1', 'fec0::1', '::ffff:10.0.0.1'],
  ],
  ['networks that are shared', ['100.64.0.1', '100.127.255.255']],
  ['the neighbourhood, where clouds keep their secrets', ['169.254.169.254', '169.254.0.1', 'fe80::1', '::ffff:169.254.169.254']],
  [
    'what is translated into another',
    ['64:ff9b::a00:1', '64:ff9b:1::a00:1', '2002:7f00:1::', '::1.1.1.1', '::101:101', '2001::1', '::ffff:0:10.0.0.1', '192.88.99.1'],
  ],
  ['documentation and benchmarks', ['192.0.2.1', '198.51.100.1', '203.0.113.1', '198.18.0.1', '2001:db8::1', '3fff::1', '2001:2::1']],
  ['many at once, and nobody', ['224.0.0.1', '255.255.255.255', '240.0.0.1', 'ff02::1', '100::1', '5f00::1', '4000::1', '192.0.0.8']],
  [
    'what is no address, or read differently by some',
    ['', 'localhost', '1', '0x7f.1', '017700000001', '127.1', '8.8.8.8:80', '[::1]', '8.8.8.8/8'],
  ],
])('refuses %s', (_what, addresses) => {
  for (const address of addresses) expect([address, isReachable(address, [])]).toEqual([address, false]);
});

it('takes what the operator lists, dressed as IPv6 or not, and nothing beside it', () => {
  const networks = listed('10.20.0.0/16', '127.0.0.1', 'fd00:1::/32');
  const taken = ['10.20.0.0', '10.20.255.255', '::ffff:10.20.1.1', '127.0.0.1', 'fd00:1::5'];
  const refused = ['10.19.255.255', '10.21.0.0', '127.0.0.2', 'fd00:2::5', '192.168.0.1'];
  expect(taken.filter((address) => !isReachable(address, networks))).toEqual([]);
  expect(refused.filter((address) => isReachable(address, networks))).toEqual([]);
});

it("refuses this machine's own addresses, public ones too, unless they are listed by themselves", () => {
  const own = Object.values(networkInterfaces()).flatMap((found) => found ?? []);
  const more = [
    { address: '127.0.0.53', family: 'IPv4' },
    { address: '::1', family: 'IPv6' },
    { address: '0.0.0.0', family: 'IPv4' },
    { address: '::', family: 'IPv6' },
  ];
  for (const { address, family } of [...own, ...more]) {
    const everything = listed(family === 'IPv4' ? '0.0.0.0/0' : '::/0');
    expect([isReachable(address, []), isReachable(address, everything), isReachable(address, listed(address))]).toEqual([
      false,
      false,
      true,
    ]);
  }
});

it('reads networks in one form alone', () => {
  for (const text of ['10.0.0.0/8', '0.0.0.0/0', '10.1.2.3/32', '10.1.2.3', '::/0', 'fd00::/8', '2001:db8::1/128'])
    expect(parseNetwork(text)).toBeDefined();
  for (const text of [
    '',
    '10.0.0.1/8',
    '10.0.0.0/33',
    '::/129',
    'fd00::1/8',
    '10/8',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '10.0.0.0/-1',
    'localhost',
    '010.0.0.0/8',
  ])
    expect([text, parseNetwork(text)]).toEqual([text, undefined]);
});

it('finds each address of a network in it, and the next one not', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(255), { minLength: 4, maxLength: 4 }), fc.integer({ min: 1, max: 32 }), ([a, b, c, d], bits) => {
      const number = (((a as number) * 256 + (b as number)) * 256 + (c as number)) * 256 + (d as number);
      const size = 2 ** (32 - bits);
      const dotted = (value: number) => [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
      const first = number - (number % size);
      const [network] = listed(`${dotted(first)}/${bits}`);
      fc.pre(![first, number, first + size - 1].some((value) => /^(0|127)\./.test(dotted(value))));
      const isIn = (value: number) => isReachable(`::ffff:${dotted(value)}`, network ? [network] : []) || isReachable(dotted(value), []);
      expect([isIn(first), isIn(number), isIn(first + size - 1)]).toEqual([true, true, true]);
      const next = dotted((first + size) % 2 ** 32);
      expect(isReachable(next, network ? [network] : [])).toBe(isReachable(next, []));
    }),
  );
});
