import { isatty } from 'node:tty';
import { isDatabaseFault, reasonOf } from './database/sentences.js';
import { AppError, StartupError } from './errors.js';
import { noteUse } from './note-use.js';
import { plain } from './terminal.js';

const LONGEST_END_MS = 10_000;

/** Runs a program; a fault that the operator has to mend is told in a sentence, without a stack, and the exit code is 1. */
export async function runProgram(work: () => Promise<void>): Promise<void> {
  noteUse();
  process.stderr.on('error', () => {});
  process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
    process.stderr.write(`What there was to say could not be written (${code}). What was done holds.\n`);
    process.exitCode = 1;
  });
  try {
    await work();
  } catch (error) {
    process.stderr.write(`${plain(tell(error))}\n`);
    process.exitCode = 1;
    // Whatever is still open, such as a connection that a driver has kept, holds nobody up who would start it again.
    setTimeout(() => process.exit(), LONGEST_END_MS).unref();
  }
}

/** What nobody but a programmer can mend is told with its stack; what it names may be of anybody's making. */
function tell(error: unknown): string {
  if (error instanceof StartupError) return error.message;
  if (isDatabaseFault(error)) return `The database cannot be used: ${reasonOf(error)}.`;
  if (error instanceof AppError) return error.message;
  return `This is a fault of the program, or of what is in its database:\n${error instanceof Error ? error.stack : String(error)}`;
}

/** Aborts on SIGTERM and SIGINT. A signal may come twice: npm passes on what the terminal sends to everyone. */
export function abortOnSignals(): AbortController {
  const stopping = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stopping.abort());
  return stopping;
}

/** Waits until a signal aborts. */
export async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
}

/** Runs work on SIGHUP. The same signal comes when the terminal was closed that the process runs in: that stops it. */
export function onReload(stopping: AbortController, work: () => void): void {
  const terminals = [0, 1, 2].filter((fd) => isatty(fd));
  process.on('SIGHUP', () => {
    if (terminals.some((fd) => !isatty(fd))) stopping.abort();
    else work();
  });
}
