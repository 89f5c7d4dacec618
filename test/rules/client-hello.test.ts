import { randomBytes } from 'node:crypto';
import { Duplex } from 'node:stream';
import { type ConnectionOptions, connect } from 'node:tls';
import fc from 'fast-check';
import { ClientHelloReader } from '../../src/platform/http/client-hello.js';

const u8 = (value: number) => Buffer.from([value]);
const u16 = (value: number) => Buffer.from([value >> 8, value & 255]);
const vector8 = (...parts: Buffer[]) => Buffer.concat([u8(Buffer.concat(parts).length), ...parts]);
const vector16 = (...parts: Buffer[]) => Buffer.concat([u16(Buffer.concat(parts).length), ...parts]);
const extension = (type: number, content: Buffer) => Buffer.concat([u16(type), vector16(content)]);
const nameList = (name: string, type = 0) => vector16(u8(type), vector16(Buffer.from(name)));
const serverName = (name: string) => extension(0, nameList(name));
const GREASE = [extension(0x0a0a, Buffer.alloc(0)), extension(0xfafa, u8(0))];
/** What browsers send in place of an encrypted hello, and with one: which name is in it nobody sees. */
const ECH = extension(0xfe0d, randomBytes(300));
/** With a key that no quantum computer finds. */
const LARGE_KEYS = extension(51, randomBytes(1800));

const messageOf = (body: Buffer, type = 1) => Buffer.concat([u8(type), u8(0), vector16(body)]);
function helloOf(...extensions: Buffer[]): Buffer {
  const fixed = [u16(0x0303), randomBytes(32), vector8(randomBytes(32)), vector16(u16(0x1a1a), u16(0x1301)), vector8(u8(0))];
  return messageOf(Buffer.concat([...fixed, vector16(...extensions)]));
}
const record = (content: Buffer, { type = 22, major = 3 } = {}) => Buffer.concat([u8(type), u8(major), u8(1), vector16(content)]);
/** A message in as many records as that takes. */
function recordsOf(message: Buffer, size: number): Buffer {
  const parts = [];
  for (let at = 0; at < message.length; at += size) parts.push(record(message.subarray(at, at + size)));
  return Buffer.concat(parts);
}

/** @returns what is found, and after how many bytes; undefined where more is waited for at the end */
function read(bytes: Buffer, size = bytes.length) {
  const reader = new ClientHelloReader();
  for (let at = 0; at < bytes.length; at += size) {
    const found = reader.add(bytes.subarray(at, at + size));
    if (found) return { ...found, after: reader.bytes.length };
  }
  expect(reader.bytes.equals(bytes)).toBe(true);
  return undefined;
}

/** What Node sends first. */
function firstOf(options: ConnectionOptions): Promise<Buffer> {
  return new Promise((resolve) => {
    const socket = new Duplex({ read: () => undefined, write: (chunk) => resolve(chunk) });
    connect({ socket, ...options }).on('error', () => undefined);
  });
}

it.each<[string, ConnectionOptions, string | undefined]>([
  ['TLS 1.3', { servername: 'mtls.example.com' }, 'mtls.example.com'],
  ['TLS 1.2', { servername: 'mtls.example.com', maxVersion: 'TLSv1.2' }, 'mtls.example.com'],
  ['upper case', { servername: 'MTLS.example.com' }, 'MTLS.example.com'],
  ['no name', {}, undefined],
])('reads what Node sends: %s', async (_what, options, expected) => {
  const bytes = await firstOf(options);
  for (const size of [1, 7, bytes.length]) expect(read(bytes, size)).toEqual({ serverName: expected, after: expect.any(Number) });
  expect(read(bytes.subarray(0, -1))).toBeUndefined();
});

it.each<[string, Buffer[], string | undefined]>([
  ['a name behind what is to be passed over', [...GREASE, ECH, LARGE_KEYS, serverName('a.example')], 'a.example'],
  ['a name before it', [serverName('a.example'), ECH, LARGE_KEYS, ...GREASE], 'a.example'],
  ['no name among it', [...GREASE, ECH, LARGE_KEYS], undefined],
  ['nothing', [], undefined],
  ['a name of another kind', [extension(0, nameList('a.example', 1))], undefined],
  ['an empty list', [extension(0, vector16())], undefined],
  ['a list past its end', [extension(0, u16(400))], undefined],
  ['a name past its end', [extension(0, vector16(u8(0), u16(400)))], undefined],
  ['an extension past its end', [u16(0), u16(400)], undefined],
])('reads a hello with %s, in pieces and records of every size', (_what, extensions, expected) => {
  const message = helloOf(...extensions);
  for (const inRecords of [1, 100, 16_384]) {
    const bytes = recordsOf(message, inRecords);
    for (const inPieces of [1, 5, 1400, bytes.length]) expect(read(bytes, inPieces)).toEqual({ serverName: expected, after: bytes.length });
  }
});

it.each([[20, 3, 3, 0, 1, 1], [23, 3, 3, 0, 2, 0, 0], [22], [0]])('takes nothing from a hello that more comes behind: %i …', (...more) => {
  const bytes = Buffer.concat([record(helloOf(serverName('mtls.example.com'))), Buffer.from(more)]);
  expect(read(bytes)).toEqual({ serverName: 'mtls.example.com', after: bytes.length });
});

it('what comes behind a hello is kept with it', () => {
  const bytes = Buffer.concat([record(helloOf(serverName('a.example'))), record(Buffer.from('more'), { type: 23 })]);
  const reader = new ClientHelloReader();
  expect(reader.add(bytes.subarray(0, 20))).toBeUndefined();
  expect(reader.add(bytes.subarray(20))?.serverName).toBe('a.example');
  expect(reader.bytes.equals(bytes)).toBe(true);
});

it.each<[string, Buffer]>([
  ['plain HTTP', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
  ['another record', record(helloOf(serverName('a.example')), { type: 23 })],
  ['another version', record(helloOf(serverName('a.example')), { major: 2 })],
  ['an empty record', record(Buffer.alloc(0))],
  ['a record that is too long', Buffer.concat([u8(22), u8(3), u8(1), u16(16_385)])],
  ['another message', record(messageOf(Buffer.alloc(40), 2))],
  ['a message that is too long', record(Buffer.from([1, 1, 0, 0]))],
  ['a message without content', record(Buffer.from([1, 0, 0, 0]))],
])('knows at once that %s names nobody', (_what, bytes) => {
  expect(read(bytes)).toEqual({ serverName: undefined, after: bytes.length });
  expect(read(bytes, 1)).toMatchObject({ serverName: undefined });
});

it('looks through 32 KiB at most', () => {
  const message = messageOf(Buffer.alloc(31_000));
  const bytes = recordsOf(message, 1);
  expect(bytes.length).toBeGreaterThan(150_000);
  expect(read(bytes, 1)).toEqual({ serverName: undefined, after: 32 * 1024 + 1 });
  expect(read(bytes.subarray(0, 32 * 1024), 1000)).toBeUndefined();
});

it('fails at nothing, and finds the same however it comes', () => {
  const hello = recordsOf(helloOf(...GREASE, serverName('a.example'), ECH), 90);
  const damage = fc.array(fc.tuple(fc.nat(hello.length - 1), fc.nat(255)), { maxLength: 4 });
  fc.assert(
    fc.property(damage, fc.integer({ min: 1, max: 200 }), fc.nat(hello.length), (changes, size, length) => {
      const bytes = Buffer.from(hello.subarray(0, length + 1));
      for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
      expect(read(bytes, size)?.serverName).toBe(read(bytes, 1)?.serverName);
    }),
    { numRuns: 2000 },
  );
});
