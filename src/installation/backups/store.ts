import type { DatabaseSettings } from '../../platform/database/url.js';
import type { Backup, Block } from './backup-file.js';
import type { Contents } from './contents.js';

/** A database as backups are made of it and put back into it. */
export interface Store {
  /** Reads all of it, as it is at one moment; servers go on meanwhile. @param write gets what is in it @throws {StartupError} */
  copy(write: (contents: Contents, blocks: AsyncIterable<Block>) => Promise<void>): Promise<void>;
  /** @returns whether something is there that will be replaced @throws {StartupError} when a server uses it, or when that may not be */
  requireRoom(mayReplace: boolean): Promise<boolean>;
  /** Puts a backup into a new database beside it, where it can be opened. @throws {StartupError} */
  stage(backup: Backup, signal: AbortSignal): Promise<DatabaseSettings>;
  /** Puts what was staged in its place, in one step. @returns where what was there before is now, if anything was */
  swap(): Promise<string | undefined>;
  /** What was done after a moment in what was there before, a line for each. @param kept what `swap` returned */
  listUndone(kept: string, since: string): Promise<string[]>;
  /** Forgets what was staged and not put in place. */
  discard(): Promise<void>;
}
