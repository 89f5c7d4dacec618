import { existsSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const LIBRARIES = '/usr/lib';
const LIBRARY = 'faketime/libfaketimeMT.so.1';

/** The time of day as processes see it that are started with its settings. */
export interface MovedClock {
  settings: Record<string, string>;
  /** Moves it, while they run, to so far from the machine's. Clocks that only go forward stay as they are. */
  move(aheadSeconds: number): void;
}

/** Makes one. @throws when Debian's `faketime` is not installed */
export function createMovedClock(folder: string): MovedClock {
  const library = readdirSync(LIBRARIES)
    .map((triplet) => join(LIBRARIES, triplet, LIBRARY))
    .find((path) => existsSync(path));
  if (!library) throw new Error('libfaketime is not there: install Debian’s package faketime');
  const file = join(folder, 'clock');
  const move = (aheadSeconds: number) => {
    // Nobody reads half of it.
    writeFileSync(`${file}.new`, `${aheadSeconds < 0 ? '' : '+'}${aheadSeconds}\n`);
    renameSync(`${file}.new`, file);
  };
  move(0);
  const settings = {
    LD_PRELOAD: library,
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_NO_CACHE: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    DONT_FAKE_MONOTONIC: '1',
  };
  return { settings, move };
}
