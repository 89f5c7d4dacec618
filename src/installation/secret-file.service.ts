import { lstatSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { PlainSecret } from '../clients/secret.js';
import { draftOf } from '../platform/draft.js';
import { StartupError } from '../platform/errors.js';
import { readSmallFile } from '../platform/small-file.js';

const NEW = 'new';
const DRAFT = /^new-[0-9a-f]{12}$/;

/** A secret, and where it is until it is in force. */
interface Written {
  draft: string;
  secret: string;
}

/**
 * A file for an administrator's secret that was made, in place of the terminal, whose text a log may keep. The secret is on disk before it
 * comes into force, beside the file, and the file is there once it has: so a process may be killed at any moment between.
 */
export class SecretFile {
  #written: Written | undefined;

  /** @param path absent when there is to be none */
  constructor(readonly path: string | undefined) {}

  /**
   * Writes the secret down, for the file's owner alone; once, however often a start begins anew.
   * @throws {StartupError} when the file is there already, be it a symbolic link, or cannot be made
   */
  write(secret: string): void {
    // Another process that starts may have cleared it away while this one had lost its turn.
    if (this.path === undefined || (this.#written && isThere(this.#written.draft))) return;
    const draft = draftOf(this.path, NEW);
    try {
      requireNone(this.path);
      writeFileSync(draft, `${secret}\n`, { mode: 0o600, flag: 'wx', flush: true });
      this.#written = { draft, secret };
    } catch (cause) {
      // A full disk leaves one without a byte.
      remove(draft);
      const { code } = cause as NodeJS.ErrnoException;
      const reason = code === 'EEXIST' ? 'it is there already: move it away' : `the system says ${code}`;
      throw new StartupError(`The file ${this.path}, which ADMIN_SECRET_FILE_OUT names, cannot be made: ${reason}. Nothing was changed.`, {
        cause,
      });
    }
  }

  /** Makes the file: the secret is in force. @throws {StartupError} when somebody has made one meanwhile */
  keep(): void {
    const written = this.#written;
    // Whatever comes now, it is not taken back.
    this.#written = undefined;
    if (written) this.#take(written);
  }

  /** Removes what was written: the secret did not come into force. */
  takeBack(): void {
    if (this.#written) remove(this.#written.draft);
    this.#written = undefined;
  }

  /** Removes what processes have left that were killed, while nobody else may be about to make the file. */
  clear(): void {
    for (const draft of this.#drafts()) remove(draft);
  }

  /** Makes the file of what a process has left that was killed when its secret was in force. @returns whether there was such */
  async recover(isInForce: (secret: PlainSecret) => Promise<boolean>): Promise<boolean> {
    for (const draft of this.#drafts()) {
      const secret = readSecret(draft);
      if (secret === undefined || !(await isInForce(secret))) continue;
      this.#take({ draft, secret });
      return true;
    }
    return false;
  }

  #drafts(): string[] {
    if (this.path === undefined) return [];
    const folder = dirname(this.path);
    const start = `${basename(this.path)}.`;
    try {
      const names = readdirSync(folder).filter((name) => name.startsWith(start) && DRAFT.test(name.slice(start.length)));
      return names.map((name) => join(folder, name)).filter((draft) => draft !== this.#written?.draft);
    } catch {
      return [];
    }
  }

  #take({ draft, secret }: Written): void {
    const path = this.path as string;
    try {
      requireNone(path);
      renameSync(draft, path);
    } catch (cause) {
      // Another process that starts has done it.
      if (readSecret(path) === secret) return;
      const where = isThere(draft) ? `is in ${draft}` : `was in ${draft}, which is gone: "npm run admin:reset" makes another`;
      const { code } = cause as NodeJS.ErrnoException;
      throw new StartupError(`The administrator's secret ${where}. ${path}, which ADMIN_SECRET_FILE_OUT names, cannot be made (${code}).`, {
        cause,
      });
    }
  }
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** Nothing that is there is written over, and no symbolic link is followed. */
function requireNone(path: string): void {
  if (isThere(path)) throw Object.assign(new Error(`${path} is there.`), { code: 'EEXIST' });
}

function readSecret(path: string): PlainSecret | undefined {
  try {
    return readSmallFile(path).trimEnd() as PlainSecret;
  } catch {
    return undefined;
  }
}

function remove(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // What cannot be removed now is when the file is next made.
  }
}
