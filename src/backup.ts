import 'reflect-metadata';
import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { writeBackup } from './backups/backup-file.js';
import { explainFileFault } from './backups/file-fault.js';
import { createStore } from './backups/store-choice.js';
import { readConfig } from './platform/config.js';
import { StartupError } from './platform/errors.js';
import { abortOnSignals, runProgram } from './platform/exit.js';

/** `npm run backup -- FILE`: copies the whole database, as it is at one moment, into a new file. Servers go on meanwhile. */
async function backUp(): Promise<void> {
  const { database } = readConfig();
  const path = readPath();
  const copy = `${path}.copy-${process.pid}`;
  const { signal } = abortOnSignals();
  const createdAt = new Date().toISOString();
  try {
    const contents = await createStore(database).copyTo(copy, signal);
    const about = { version: readVersion(), database: database.type, createdAt, ...contents };
    await writeBackup(path, { about, payload: copy, signal });
    process.stdout.write(
      `${path} has all that was stored at ${createdAt}: ${contents.clients} clients in ${contents.tenants} tenants, ${statSync(path).size} bytes.\n` +
        `It is of use only with the encryption key ${[...contents.keyIds, ...contents.otherKeyIds].join(' and ')}, which is not in it: keep that in another place.\n`,
    );
  } catch (error) {
    throw signal.aborted
      ? new StartupError('The backup was ended before it was done; there is no file.')
      : explainFileFault(error, 'The backup');
  } finally {
    for (const end of ['', '-wal', '-shm', '-journal']) rmSync(copy + end, { force: true });
  }
}

function readPath(): string {
  const [path, ...more] = process.argv.slice(2);
  if (path === undefined || path.startsWith('-') || more.length > 0)
    throw new StartupError('Name the file to make: npm run backup -- FILE');
  if (existsSync(path)) throw new StartupError(`${resolve(path)} is there already: name a file that is not. Nothing was changed.`);
  return resolve(path);
}

function readVersion(): string {
  return JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version;
}

await runProgram(backUp);
