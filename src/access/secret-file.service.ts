import { rmSync, writeFileSync } from 'node:fs';
import { StartupError } from '../platform/errors.js';

/** A file for an administrator's secret that was made, in place of the terminal, whose text a log may keep. */
export class SecretFile {
  #isWritten = false;

  /** @param path absent when there is to be none */
  constructor(readonly path: string | undefined) {}

  /**
   * Writes the secret, for the file's owner alone; once, however often a start begins anew. Nothing that is there is written over, and no
   * symbolic link is followed.
   * @throws {StartupError}
   */
  write(secret: string): void {
    if (this.path === undefined || this.#isWritten) return;
    try {
      writeFileSync(this.path, `${secret}\n`, { mode: 0o600, flag: 'wx', flush: true });
      this.#isWritten = true;
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      const reason = code === 'EEXIST' ? 'it is there already: move it away' : `the system says ${code}`;
      throw new StartupError(`The file ${this.path}, which ADMIN_SECRET_FILE_OUT names, cannot be made: ${reason}. Nothing was changed.`, {
        cause,
      });
    }
  }

  /** Removes what was written: the secret did not come into force. */
  takeBack(): void {
    if (this.#isWritten) rmSync(this.path as string, { force: true });
  }
}
