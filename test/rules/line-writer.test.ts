import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readFileSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LineWriter } from '../../src/platform/line-writer.js';
import { until } from '../../testbed/process.js';

const { O_RDONLY, O_WRONLY, O_NONBLOCK } = constants;
let folder: string;
let told: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lines-'));
  told = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

const options = {
  pieceBytes: 4096,
  onBroken: ({ code }: NodeJS.ErrnoException) => void told.push(`broken ${code}`),
  onMended: (lost: number) => void told.push(`mended ${lost}`),
};
const lineOf = (index: number) => `${index} ${'ü'.repeat(index % 90)} ${index}\n`;

/** A named pipe, and its two ends. */
function pipe() {
  const path = join(folder, 'pipe');
  execFileSync('mkfifo', [path]);
  const reader = openSync(path, O_RDONLY | O_NONBLOCK);
  return { path, reader, writer: openSync(path, O_WRONLY | O_NONBLOCK) };
}

/** What has come by now. */
function readAll(reader: number): string {
  const [chunks, buffer] = [[] as Buffer[], Buffer.alloc(65_536)];
  try {
    for (let length = readSync(reader, buffer); length > 0; length = readSync(reader, buffer))
      chunks.push(Buffer.from(buffer.subarray(0, length)));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
  }
  return Buffer.concat(chunks).toString('latin1');
}

it('writes all lines whole and in their order', async () => {
  const path = join(folder, 'log');
  const fd = openSync(path, 'w');
  const writer = new LineWriter(fd, options);
  const lines = Array.from({ length: 5_000 }, (_, index) => lineOf(index)).join('');
  for (let index = 0; index < 5_000; index += 1) writer.write(lineOf(index));
  await until(() => readFileSync(path, 'utf8') === lines);
  closeSync(fd);
  expect(told).toEqual([]);
});

it('waits for a reader that stands still, loses nothing of what may wait, and says nothing of it', async () => {
  const { reader, writer: fd } = pipe();
  const writer = new LineWriter(fd, options);
  let expected = '';
  // More than a pipe holds.
  for (let index = 0; expected.length < 300_000; index += 1) {
    expected += Buffer.from(lineOf(index)).toString('latin1');
    writer.write(lineOf(index));
  }
  let read = '';
  await until(() => {
    read += readAll(reader);
    return read.length >= expected.length;
  });
  expect(read === expected).toBe(true);
  expect(told).toEqual([]);
  closeSync(fd);
  closeSync(reader);
});

it('says once that nobody reads, holds some, counts what it leaves out, and goes on when somebody does', async () => {
  const { path, reader, writer: fd } = pipe();
  const writer = new LineWriter(fd, options);
  closeSync(reader);
  const line = `${'x'.repeat(1_023)}\n`;
  for (let index = 0; index < 1_124; index += 1) writer.write(line);
  await until(() => told.length > 0);
  expect(told).toEqual(['broken EPIPE']);
  const again = openSync(path, O_RDONLY | O_NONBLOCK);
  let read = '';
  await until(() => {
    read += readAll(again);
    return read.length >= 1_024 * line.length;
  });
  expect([read === line.repeat(1_024), told]).toEqual([true, ['broken EPIPE', 'mended 100']]);
  closeSync(fd);
  closeSync(again);
});
