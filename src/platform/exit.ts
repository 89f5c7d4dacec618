import { StartupError } from './errors.js';

/** Runs a program; a fault that the operator has to mend is told in its own words, without a stack, and the exit code is 1. */
export async function runProgram(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof StartupError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
