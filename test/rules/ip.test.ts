import type { IncomingMessage } from 'node:http';
import fc from 'fast-check';
import { addressOf, senderOf } from '../../src/platform/http/ip.js';

it.each([
  ['203.0.113.7', '203.0.113.7'],
  ['203.0.113.7:51123', '203.0.113.7'],
  ['::ffff:203.0.113.7', '203.0.113.7'],
  ['[::ffff:203.0.113.7]:51123', '203.0.113.7'],
])('reads %s', (text, plain) => {
  expect(addressOf(text)).toMatchObject({ plain, source: plain });
});

it.each(['2001:db8::7', '[2001:db8::7]', '[2001:db8::7]:51123', '2001:DB8:0:0:ffff::1', 'fe80::1%eth0', '[fe80::1%25eth0]:80'])(
  'reads %s, and takes its network for its source',
  (text) => {
    const { plain, source } = addressOf(text);
    expect(plain).toMatch(/^(2001:db8::7|2001:db8::ffff:0:0:1|fe80::1)$/);
    expect(source).toMatch(/^(8193:3512:0:0|65152:0:0:0)$/);
  },
);

it('takes one address of IPv4 for one source, however many networks 6to4 gives it', () => {
  const [one, other, another] = ['2002:cb00:7107::1', '2002:cb00:7107:9::2', '2002:cb00:7108::1'].map((text) => addressOf(text).source);
  expect([one === other, one === another]).toEqual([true, false]);
});

it.each(['64:ff9b::203.0.113.7', '[64:ff9b::cb00:7107]:51123'])('reads %s, and takes whoever is behind it for its source', (text) => {
  expect(addressOf(text)).toMatchObject({ plain: '64:ff9b::cb00:7107', source: '203.0.113.7' });
});

it.each([
  '',
  'unknown',
  'unix:',
  '_hidden',
  '1.2.3',
  '1.2.3.4.5',
  '1.2.3.4:',
  '999.1.1.1',
  '010.1.1.1',
  '[1.2.3.4',
  '::1]:80',
  'a'.repeat(5000),
])('takes all that is no address for one source (%p)', (text) => {
  expect(addressOf(text)).toMatchObject({ plain: 'unknown', source: 'unknown' });
});

it('finds the same source behind every port', () => {
  const address = fc.oneof(fc.ipV4(), fc.ipV6());
  fc.assert(
    fc.property(address, fc.nat(65535), (ip, port) => {
      const withPort = ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;
      expect(addressOf(withPort)).toEqual(addressOf(ip));
      expect(addressOf(ip).plain).not.toBe('unknown');
    }),
  );
});

it.each([
  ['192.0.2.1', '192.0.2.77', '192.0.3.1'],
  ['2001:db8:1:2::1', '2001:db8:1:ffff::1', '2001:db8:2:2::1'],
  ['2002:c000:201::1', '2002:c000:201:5::1', '2002:c000:301::1'],
])('takes %s and %s for one network, and %s for another', (one, near, far) => {
  expect(addressOf(one).network).toBe(addressOf(near).network);
  expect(addressOf(one).network).not.toBe(addressOf(far).network);
});

describe('the sender of a request', () => {
  const sender = (forwarded: string | undefined, proxies: number) =>
    senderOf({ headers: { 'x-forwarded-for': forwarded }, socket: { remoteAddress: '10.0.0.1' } } as unknown as IncomingMessage, proxies);

  it.each([
    ['198.51.100.7', 0, '10.0.0.1'],
    [undefined, 1, '10.0.0.1'],
    ['', 1, '10.0.0.1'],
    ['1.1.1.1, 198.51.100.7', 1, '198.51.100.7'],
    ['1.1.1.1, 198.51.100.7, 192.0.2.1', 2, '198.51.100.7'],
    ['198.51.100.7', 2, '198.51.100.7'],
  ])('of %p behind %p proxies is %p', (forwarded, proxies, expected) => {
    expect(sender(forwarded, proxies)).toBe(expected);
  });
});
