import { jest } from '@jest/globals';

/** As where a sandbox keeps the system from telling: `RestrictAddressFamilies` without `AF_NETLINK`. */
const networkInterfaces = () => {
  throw new Error('uv_interface_addresses returned Unknown system error 97');
};
jest.unstable_mockModule('node:os', () => ({ networkInterfaces }));
const { isReachable, parseNetwork } = await import('../../src/platform/http/networks.js');
const { Outbound, Unreachable } = await import('../../src/platform/http/outbound.js');

it('any address may be this machine when the system does not tell which are: one that is listed by itself alone is asked', () => {
  const listed = [parseNetwork('10.1.2.3') ?? fail()];
  expect(['8.8.8.8', '10.1.2.3', '10.1.2.4'].map((address) => isReachable(address, listed))).toEqual([false, true, false]);
});

it.each([
  ['no address is allowed', (done: (error: null, addresses: []) => void) => done(null, [])],
  [
    'whoever checks them fails',
    (done: (error: null, addresses: { address: string; family: number }[]) => void) =>
      done(null, [{ address: null as unknown as string, family: 4 }]),
  ],
])('a look-up of which %s ends the request, and not the process', async (_what, answer) => {
  const { fetch } = new Outbound({ allowsLoopback: false, networks: [], lookUp: (_name, done) => setImmediate(answer, done) });
  await expect(fetch('https://idp.example.test/', {})).rejects.toThrow(Unreachable);
});

function fail(): never {
  throw new Error('no network');
}
