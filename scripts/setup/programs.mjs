import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { buildEnvironment } from '../build-environment.mjs';

/**
 * Runs a program to its end, with those of the packages before others; what it tells is seen.
 * @param {string} command
 * @param {string[]} args
 * @param {string} [folder] in which it runs
 */
export function run(command, args, folder = '.') {
  const path = `${resolve('node_modules/.bin')}:${process.env.PATH}`;
  const { status, error } = spawnSync(command, args, {
    cwd: folder,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...buildEnvironment(process.env), PATH: path },
  });
  if (error || status !== 0) {
    fail(
      `"${command} ${args.join(' ')}" failed${error ? `: ${error.message}` : ''}; what was there is as it was, and nothing was started.`,
    );
  }
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
