import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { buildEnvironment } from '../build-environment.mjs';

/**
 * Runs a program to its end, with those of the packages before others; what it tells is seen.
 * @param {string} command
 * @param {string[]} args
 * @param {string} [folder] in which it runs
 */
export async function run(command, args, folder = '.') {
  const path = `${resolve('node_modules/.bin')}:${process.env.PATH}`;
  const child = spawn(command, args, {
    cwd: folder,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...buildEnvironment(process.env), PATH: path },
  });
  const end = () => child.kill();
  process.once('exit', end);
  const fault = await new Promise((resolve) => {
    child.once('error', ({ message }) => resolve(`: ${message}`));
    child.once('close', (status) => resolve(status === 0 ? undefined : ''));
  });
  process.off('exit', end);
  if (fault !== undefined) fail(`"${command} ${args.join(' ')}" failed${fault}; what was there is as it was, and nothing was started.`);
}

/** @param {string} text */
export function say(text) {
  process.stderr.write(`${text}\n`);
}

/** @param {string} text */
export function fail(text) {
  say(text);
  process.exit(1);
}
