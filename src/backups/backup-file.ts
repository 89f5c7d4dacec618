import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { StartupError } from '../platform/errors.js';

const FORMAT = 1;
const MAGIC = '{"latchkeyBackup":';
/** 64 hexadecimal digits and the end of the line. */
const SUM_BYTES = 65;
const LONGEST_HEADER = 65_536;

const header = z.object({
  latchkeyBackup: z.literal(FORMAT),
  /** Of the product that made it. */
  version: z.string(),
  database: z.enum(['sqlite', 'mysql']),
  createdAt: z.iso.datetime(),
  /** The newest migration of the database. */
  lastMigration: z.string(),
  tenants: z.number(),
  clients: z.number(),
  /** Names of the encryption keys without which no server starts on it. */
  keyIds: z.array(z.string()),
  /** Names of other encryption keys that secrets are hashed with. */
  otherKeyIds: z.array(z.string()),
});

/** What a backup says of itself in its first line. It names encryption keys and holds none. */
export type BackupHeader = z.infer<typeof header>;

/** A backup whose checksum is right. */
export interface Backup {
  header: BackupHeader;
  /** What was stored of the database: an SQLite file, or SQL. */
  payload(): NodeJS.ReadableStream;
}

/**
 * Writes a backup: a line about it, the payload, and the SHA-256 of both. The name is given to it when all of it is on the disk.
 * @param payload path of the file to put into it
 */
export async function writeBackup(
  path: string,
  { about, payload, signal }: { about: Omit<BackupHeader, 'latchkeyBackup'>; payload: string; signal: AbortSignal },
): Promise<void> {
  const draft = `${path}.draft-${process.pid}`;
  try {
    const file = createWriteStream(draft, { flags: 'wx', mode: 0o600, flush: true });
    await pipeline(enclose({ latchkeyBackup: FORMAT, ...about }, payload), file, { signal });
    await rename(draft, path);
    await syncFolder(path);
  } finally {
    await rm(draft, { force: true });
  }
}

/**
 * Opens a backup after reading all of it.
 * @throws {StartupError} when it is none, is damaged or cut off, or comes from a release that writes them otherwise
 */
export async function readBackup(path: string): Promise<Backup> {
  const { size } = await stat(path);
  const line = await readFirstLine(path);
  if (!line.startsWith(MAGIC)) throw new StartupError(`${path} is not a backup of Latchkey. Nothing was changed.`);
  if ((await computeSum(path, size)) !== (await readEnd(path, size))) {
    throw new StartupError(`${path} is damaged or was cut off: its checksum is wrong. Nothing was changed.`);
  }
  const parsed = header.safeParse(JSON.parse(line));
  if (!parsed.success) throw new StartupError(`${path} was made by another release, which writes backups otherwise. Nothing was changed.`);
  const range = { start: Buffer.byteLength(line), end: size - SUM_BYTES - 1 };
  return { header: parsed.data, payload: () => createReadStream(path, range) };
}

/** Puts a new name, or one that went, on the disk. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(dirname(path));
  await folder.sync().finally(() => folder.close());
}

async function* enclose(about: BackupHeader, payload: string): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  const line = Buffer.from(`${JSON.stringify(about)}\n`);
  hash.update(line);
  yield line;
  for await (const chunk of createReadStream(payload)) {
    hash.update(chunk);
    yield chunk;
  }
  yield Buffer.from(`${hash.digest('hex')}\n`);
}

/** @returns the line with its end, `''` when there is none within reach */
async function readFirstLine(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(LONGEST_HEADER), 0, LONGEST_HEADER, 0);
    return buffer.subarray(0, buffer.subarray(0, bytesRead).indexOf('\n') + 1).toString();
  } finally {
    await file.close();
  }
}

async function computeSum(path: string, size: number): Promise<string> {
  const hash = createHash('sha256');
  if (size > SUM_BYTES) await pipeline(createReadStream(path, { end: size - SUM_BYTES - 1 }), hash);
  return `${hash.digest('hex')}\n`;
}

async function readEnd(path: string, size: number): Promise<string> {
  const chunks = await createReadStream(path, { start: Math.max(size - SUM_BYTES, 0) }).toArray();
  return Buffer.concat(chunks).toString('latin1');
}
