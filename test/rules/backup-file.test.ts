import { createHash } from 'node:crypto';
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { type Block, readBackup, syncFolder, writeBackup } from '../../src/installation/backups/backup-file.js';
import { decodeValue, encodeValue } from '../../src/installation/backups/values.js';
import { Cipher } from '../../src/platform/cipher.js';

const cipher = new Cipher(Buffer.alloc(32, 1));
const stranger = new Cipher(Buffer.alloc(32, 2));
const about = {
  version: '1.0.0',
  database: 'sqlite' as const,
  createdAt: '2026-11-28T03:00:00.000Z',
  lastMigration: 'Some1',
  tenants: 1,
  clients: 2,
  keyIds: [cipher.keyId],
  otherKeyIds: [],
};
const { signal } = new AbortController();

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-backup-'));
  path = join(folder, 'file');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function* blocksOf(name: string, count: number): AsyncGenerator<Block> {
  for (let n = 0; n < count; n++) yield { table: 'clients', columns: ['id'], rows: [[`${name}-${n}`]] };
}

async function write(name: string, count: number, by = cipher, to = path): Promise<void> {
  await writeBackup(to, { ...about, sealedUnder: by.keyId }, { blocks: blocksOf(name, count), cipher: by, signal });
}

/** What is given out before the end, or before it is refused. */
async function read(from = path, meanwhile?: () => void): Promise<{ seen: unknown[]; refusal: string | undefined }> {
  const seen: unknown[] = [];
  try {
    const backup = await readBackup(from, cipher);
    meanwhile?.();
    try {
      for await (const { rows } of backup.blocks()) seen.push(rows[0]?.[0]);
    } finally {
      await backup.close();
    }
    return { seen, refusal: undefined };
  } catch (error) {
    return { seen, refusal: (error as Error).message };
  }
}

it('is made though its folder cannot be put on the disk', async () => {
  await expect(syncFolder(join(folder, 'nowhere', 'file'))).resolves.toBeUndefined();
});

it('writes over nothing that has come by the name meanwhile, and leaves nothing', async () => {
  async function* blocks(): AsyncGenerator<Block> {
    yield* blocksOf('mine', 2);
    writeFileSync(path, 'of another');
  }
  await expect(writeBackup(path, { ...about, sealedUnder: cipher.keyId }, { blocks: blocks(), cipher, signal })).rejects.toThrow(
    /is there by now/,
  );
  expect([readFileSync(path, 'utf8'), readdirSync(folder)]).toEqual(['of another', ['file']]);
});

const lines = () => readFileSync(path, 'latin1').split('\n');
const put = (all: string[]) => writeFileSync(path, all.join('\n'), 'latin1');
const WRONG = expect.stringMatching(/: its seal is wrong\. Nothing was changed\.$/);

it('gives back what was written, for its owner alone', async () => {
  await write('a', 3);
  expect(await read()).toEqual({ seen: ['a-0', 'a-1', 'a-2'], refusal: undefined });
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

it('gives out nothing that is not proved, whichever bit of it is another', async () => {
  await write('a', 3);
  const bytes = readFileSync(path);
  await fc.assert(
    fc.asyncProperty(fc.nat(bytes.length - 1), fc.nat(7), async (position, bit) => {
      const flipped = Buffer.from(bytes);
      flipped.writeUInt8(flipped.readUInt8(position) ^ (1 << bit), position);
      writeFileSync(path, flipped);
      const { seen, refusal } = await read();
      expect(refusal).toMatch(/Nothing was changed\.$/);
      expect(['a-0', 'a-1', 'a-2'].slice(0, seen.length)).toEqual(seen);
    }),
  );
});

it('is refused wherever it is cut off, and with whatever is added', async () => {
  await write('a', 2);
  const whole = readFileSync(path);
  await fc.assert(
    fc.asyncProperty(fc.nat(whole.length - 1), async (length) => {
      writeFileSync(path, whole.subarray(0, length));
      expect((await read()).refusal).toMatch(/(its seal is wrong|is not a backup of Latchkey)\. Nothing was changed\.$/);
    }),
  );
  writeFileSync(path, whole);
  const [, second, third] = lines();
  for (const added of ['x', '\n', '\n\n', second as string, `${third}\n`]) {
    writeFileSync(path, whole);
    appendFileSync(path, added);
    expect((await read()).refusal).toEqual(WRONG);
  }
});

it('is refused when lines are left out, moved, doubled or taken from another backup of the same key', async () => {
  await write('b', 4, cipher, join(folder, 'other'));
  const other = readFileSync(join(folder, 'other'), 'latin1').split('\n');
  await write('a', 4);
  const own = lines();
  const [first, second, third, ...rest] = own as [string, string, string, ...string[]];
  for (const changed of [
    [first, third, ...rest],
    [first, third, second, ...rest],
    [first, second, second, third, ...rest],
    [first, second, other[2] as string, ...rest],
    [first, ...other.slice(1)],
    [first, own.at(-2) as string, ''],
  ]) {
    put(changed);
    expect((await read()).refusal).toEqual(WRONG);
  }
});

it('is refused when somebody without the key makes it, whatever key it names', async () => {
  await write('a', 2, stranger);
  expect((await read()).refusal).toMatch(/made with another ENCRYPTION_KEY: it needs/);
  put(lines().map((line) => line.replace(stranger.keyId, cipher.keyId)));
  expect((await read()).refusal).toEqual(WRONG);
  const header = JSON.stringify({ latchkeyBackup: 2, sealedUnder: cipher.keyId, ...about });
  put([`${header}\t${createHash('sha256').update(header).digest('hex')}`, '']);
  expect((await read()).refusal).toEqual(WRONG);
});

it('is read from the file that was opened: another of its name changes nothing, and one that is written over is refused', async () => {
  await write('b', 600, cipher, join(folder, 'other'));
  await write('a', 600);
  const swapped = await read(path, () => renameSync(join(folder, 'other'), path));
  expect([swapped.refusal, swapped.seen.length, swapped.seen.every((id) => String(id).startsWith('a-'))]).toEqual([undefined, 600, true]);

  rmSync(path);
  await write('c', 6_000);
  const bytes = readFileSync(path);
  const overwritten = await read(path, () => writeFileSync(path, Buffer.alloc(bytes.length, 'x')));
  expect([overwritten.refusal, overwritten.seen.every((id) => String(id).startsWith('c-'))]).toEqual([WRONG, true]);
});

it('is refused at its first line however large it is, and is no pipe or folder', async () => {
  writeFileSync(path, '{"latchkeyBackup":2,');
  truncateSync(path, 20_000_000_000);
  const before = process.memoryUsage.rss();
  expect((await read()).refusal).toEqual(WRONG);
  expect(process.memoryUsage.rss() - before).toBeLessThan(400_000_000);
  for (const other of ['/dev/zero', '/dev/null', folder]) expect((await read(other)).refusal).toMatch(/is not a backup of Latchkey/);
});

it('keeps every value of a database as it is', () => {
  const values = fc.oneof(fc.constant(null), fc.string({ unit: 'binary' }), fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), fc.uint8Array());
  const toValue = (value: unknown) => (value instanceof Uint8Array ? Buffer.from(value) : value);
  const again = (value: unknown) => decodeValue(JSON.parse(JSON.stringify(encodeValue(toValue(value)))));
  fc.assert(fc.property(values, (value) => expect(again(value)).toEqual(toValue(value))));
  expect([again(1.5), again(7)]).toEqual([1.5, 7n]);
  for (const wrong of [true, [], {}, { bytes: '%' }, { whole: '1;' }, { real: '1' }]) expect(() => decodeValue(wrong)).toThrow();
});
