import { createSocket, type Socket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findAddresses } from '../../src/platform/http/name-lookup.js';

const HEADER_BYTES = 12;
const TYPE_A = 1;
/** Of an answer: the name of the question, its type, class, life and length. */
const OF_AN_ADDRESS = Buffer.from('c00c00010001000000000004', 'hex');

const folder = mkdtempSync(join(tmpdir(), 'latchkey-names-'));
const hostsFile = join(folder, 'hosts');
let nameServer: Socket;
let servers: string[];

/**
 * Answers 192.0.2.7 for every name but those that begin with `silent`, for which nothing comes, `half`, for which nothing comes of IPv6,
 * `none`, which has no address, and `many`, which has thirty.
 */
function answer(question: Buffer): Buffer | undefined {
  const end = question.indexOf(0, HEADER_BYTES) + 1;
  const name = question.subarray(HEADER_BYTES + 1, end).toString('latin1');
  const isOfIpv4 = question.readUInt16BE(end) === TYPE_A;
  if (name.startsWith('silent') || (name.startsWith('half') && !isOfIpv4)) return undefined;
  const count = !isOfIpv4 || name.startsWith('none') ? 0 : name.startsWith('many') ? 30 : 1;
  const header = Buffer.from(question.subarray(0, HEADER_BYTES));
  header.writeUInt16BE(0x8180, 2);
  header.writeUInt16BE(count, 6);
  header.writeUInt32BE(0, 8);
  const addresses = Array.from({ length: count }, (_, number) => [OF_AN_ADDRESS, Buffer.from([192, 0, 2, 7 + number])]);
  return Buffer.concat([header, question.subarray(HEADER_BYTES, end + 4), ...addresses.flat()]);
}

beforeAll(async () => {
  nameServer = createSocket('udp4', (question, { port, address }) => {
    const said = answer(question);
    if (said) nameServer.send(said, port, address);
  });
  nameServer.bind(0, '127.0.0.1');
  await once(nameServer, 'listening');
  servers = [`127.0.0.1:${nameServer.address().port}`];
  writeFileSync(hostsFile, '# known\n192.0.2.1 Listed.example other # listed.test\n2001:db8::1\tlisted.example\nnonsense listed.example\n');
});
afterAll(() => {
  nameServer.close();
  rmSync(folder, { recursive: true });
});

const find = (name: string) => findAddresses(name, { servers, hostsFile });

it.each([
  [
    'listed.example',
    [
      { address: '192.0.2.1', family: 4 },
      { address: '2001:db8::1', family: 6 },
    ],
  ],
  ['OTHER', [{ address: '192.0.2.1', family: 4 }]],
  ['listed.test', [{ address: '192.0.2.7', family: 4 }]],
  [
    'localhost',
    [
      { address: '127.0.0.1', family: 4 },
      { address: '::1', family: 6 },
    ],
  ],
  [
    'a.localhost',
    [
      { address: '127.0.0.1', family: 4 },
      { address: '::1', family: 6 },
    ],
  ],
])('%s is found where it stands', async (name, addresses) => {
  expect(await find(name)).toEqual(addresses);
});

it('of a name with many addresses a few are taken', async () => {
  expect(await find('many.example')).toHaveLength(5);
});

it('a name server that says nothing of IPv6 is not waited for', async () => {
  const silent = find('silent.example').catch(() => 'silent');
  expect(await Promise.race([find('half.example'), silent])).toEqual([{ address: '192.0.2.7', family: 4 }]);
  expect(await silent).toBe('silent');
});

it('a name without an address is told', async () => {
  await expect(find('none.example')).rejects.toMatchObject({ code: 'ENODATA' });
});

it('a name server that is silent about one name keeps no other waiting, nor what the system looks up', async () => {
  let ended = 0;
  const silent = Array.from({ length: 100 }, (_, number) => find(`silent${number}.example`).catch(() => (ended += 1)));
  expect(await find('quick.example')).toEqual([{ address: '192.0.2.7', family: 4 }]);
  expect((await lookup('localhost', { all: true })).length).toBeGreaterThan(0);
  expect(ended).toBe(0);
  await Promise.all(silent);
  expect(ended).toBe(100);
});

it.each([
  ['says that it will not tell', 5],
  ['says that it failed', 2],
  ['does not know what it was asked', 4],
])('where the first name server %s, the next is asked', async (_, code) => {
  const first = createSocket('udp4', (question, { port, address }) => {
    const said = Buffer.from(question);
    said.writeUInt16BE(0x8180 | code, 2);
    first.send(said, port, address);
  });
  await once(first.bind(0, '127.0.0.1'), 'listening');
  const unwilling = `127.0.0.1:${first.address().port}`;
  const among = (...all: string[]) => findAddresses('some.example', { servers: all, hostsFile });
  expect(await among(unwilling, unwilling, ...servers)).toEqual([{ address: '192.0.2.7', family: 4 }]);
  await expect(among(unwilling, unwilling)).rejects.toMatchObject({ code: expect.stringMatching(/^E(REFUSED|SERVFAIL|NOTIMP)$/) });
  first.close();
});
