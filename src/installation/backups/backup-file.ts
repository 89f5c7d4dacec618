import { randomUUID, timingSafeEqual } from 'node:crypto';
import { constants, createWriteStream } from 'node:fs';
import { type FileHandle, link, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { type Cipher, KEY_ID } from '../../platform/cipher.js';
import { draftOf } from '../../platform/draft.js';
import { StartupError } from '../../platform/errors.js';
import { readLines } from './lines.js';

const FORMAT = 2 as const;
const MAGIC = /^\{"latchkeyBackup":(\d{1,9})[,}]/;
/** A tab and 64 hexadecimal digits. */
const SEAL_CHARACTERS = 65;
const NO_SEAL = '0'.repeat(64);

const keyId = z.string().regex(KEY_ID);

const header = z.object({
  latchkeyBackup: z.literal(FORMAT),
  /** Name of the encryption key that it is sealed under. */
  sealedUnder: keyId,
  /** No two have the same: lines of one do not fit into another. */
  id: z.uuid(),
  /** Of the product that made it. */
  version: z.string(),
  database: z.enum(['sqlite', 'mysql']),
  createdAt: z.iso.datetime(),
  /** The newest migration of the database. */
  lastMigration: z.string(),
  tenants: z.number(),
  clients: z.number(),
  /** Names of the encryption keys without which no server starts on it. */
  keyIds: z.array(keyId),
  /** Names of other encryption keys that secrets are hashed with. */
  otherKeyIds: z.array(keyId),
});

const block = z.strictObject({ table: z.string(), columns: z.array(z.string()), rows: z.array(z.array(z.unknown())) });
const end = z.strictObject({ blocks: z.number() });

/** What a backup says of itself in its first line. It names encryption keys and holds none. */
export type BackupHeader = z.infer<typeof header>;

/** Some rows of a table, their values as {@link encodeValue} writes them. */
export type Block = z.infer<typeof block>;

/** A backup whose first line is proved. */
export interface Backup {
  header: BackupHeader;
  /** All that is in it, from the file that was opened, each piece once and proved before it is given out. @throws {StartupError} */
  blocks(): AsyncGenerator<Block>;
  close(): Promise<void>;
}

/**
 * Writes a backup: a line about it, lines of rows, and one that says how many those were. Each line is sealed, with all before it, by a key
 * that is derived from the encryption key `sealedUnder`. The name is given to the file when all of it is on the disk.
 */
export async function writeBackup(
  path: string,
  about: Omit<BackupHeader, 'latchkeyBackup' | 'id'>,
  { blocks, cipher, signal }: { blocks: AsyncIterable<Block>; cipher: Cipher; signal: AbortSignal },
): Promise<void> {
  const draft = draftOf(path, 'draft');
  try {
    const file = createWriteStream(draft, { flags: 'wx', mode: 0o600, flush: true });
    const first: BackupHeader = { latchkeyBackup: FORMAT, id: randomUUID(), ...about };
    await pipeline(seal(first, blocks, new Chain(cipher, about.sealedUnder)), file, { signal });
    await giveName(draft, path);
    await syncFolder(path);
  } finally {
    await rm(draft, { force: true });
  }
}

/** Gives a file its name unless another has taken that meanwhile; where there are no hard links, nobody can say. */
async function giveName(draft: string, path: string): Promise<void> {
  await link(draft, path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST') throw new StartupError(`The file ${path} is there by now. Nothing was written over.`, { cause: error });
    return rename(draft, path);
  });
}

/**
 * Opens a backup and proves its first line. The file is opened once and read once: what is proved is what is loaded.
 * @throws {StartupError} when it is none, or was not made with an encryption key that is at hand
 */
export async function readBackup(path: string, cipher: Cipher): Promise<Backup> {
  // Nothing is waited for: what is no file, such as a pipe, might never say anything.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const lines = readLines(file, () => damaged(path));
    const first = (await file.stat()).isFile() ? (await lines.next()).value : undefined;
    const parsed = readHeader(path, first?.toString() ?? '');
    requireKey(parsed, cipher);
    const chain = new Chain(cipher, parsed.sealedUnder);
    chain.open(first as Buffer, path);
    return { header: parsed, blocks: () => readBlocks(lines, chain, path), close: () => file.close() };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Puts a new name, or one that went, on the disk, as well as can be: not every folder may be opened, nor does every disk take that. What was done holds. */
export async function syncFolder(path: string): Promise<void> {
  const folder: FileHandle | undefined = await open(dirname(path)).catch(() => undefined);
  await folder
    ?.sync()
    .catch(() => undefined)
    .finally(() => folder.close());
}

/** Seals of lines: each covers what stands in its line and the seal before it, so that none can be left out, moved or taken from elsewhere. */
class Chain {
  #last = NO_SEAL;

  constructor(
    private readonly cipher: Cipher,
    private readonly keyId: string,
  ) {}

  seal(content: object): string {
    const text = JSON.stringify(content);
    this.#last = this.#compute(Buffer.from(text));
    return `${text}\t${this.#last}\n`;
  }

  /** @returns what is in a line, when its seal is right */
  open(line: Buffer, path: string): unknown {
    const text = line.subarray(0, Math.max(line.length - SEAL_CHARACTERS, 0));
    const expected = this.#compute(text);
    const given = line.subarray(text.length);
    if (given.length !== SEAL_CHARACTERS || !timingSafeEqual(given, Buffer.from(`\t${expected}`))) throw damaged(path);
    this.#last = expected;
    return JSON.parse(text.toString());
  }

  #compute(text: Buffer): string {
    return this.cipher.backupMac(this.#last, text, this.keyId).toString('hex');
  }
}

async function* seal(first: BackupHeader, blocks: AsyncIterable<Block>, chain: Chain): AsyncGenerator<string> {
  let count = 0;
  yield chain.seal(first);
  for await (const rows of blocks) {
    count++;
    yield chain.seal(rows);
  }
  yield chain.seal({ blocks: count });
}

async function* readBlocks(lines: AsyncGenerator<Buffer>, chain: Chain, path: string): AsyncGenerator<Block> {
  for (let count = 0; ; count++) {
    const { value: line } = await lines.next();
    if (!line) throw damaged(path);
    const content = chain.open(line, path);
    if (end.safeParse(content).data?.blocks === count) break;
    const parsed = block.safeParse(content);
    if (!parsed.success) throw ofOtherRelease(path);
    yield parsed.data;
  }
  if (!(await lines.next()).done) throw damaged(path);
}

function readHeader(path: string, line: string): BackupHeader {
  const format = MAGIC.exec(line)?.[1];
  if (format === undefined) throw new StartupError(`${path} is not a backup of Latchkey. Nothing was changed.`);
  if (format === '1') {
    throw new StartupError(
      `${path} was made by an earlier release, and nothing in it proves who made it: restore it with that release, into an empty database, and start this release on that. Nothing was changed.`,
    );
  }
  if (format !== String(FORMAT)) throw ofOtherRelease(path);
  try {
    return header.parse(JSON.parse(line.slice(0, -SEAL_CHARACTERS)));
  } catch {
    throw damaged(path);
  }
}

function requireKey({ sealedUnder }: BackupHeader, { keyIds }: Cipher): void {
  if (keyIds.includes(sealedUnder)) return;
  throw new StartupError(
    `The backup was made with another ENCRYPTION_KEY: it needs ${sealedUnder}, and at hand is ${keyIds.join(' and ')}. ` +
      'Set ENCRYPTION_KEY (or ENCRYPTION_KEY_PREVIOUS) to the key of that time. Nothing was changed.',
  );
}

function damaged(path: string): StartupError {
  return new StartupError(
    `${path} is damaged or was cut off, or somebody without the encryption key has changed it: its seal is wrong. Nothing was changed.`,
  );
}

function ofOtherRelease(path: string): StartupError {
  return new StartupError(`${path} was made by another release, which writes backups otherwise. Nothing was changed.`);
}
