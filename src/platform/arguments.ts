import { parseArgs } from 'node:util';
import { StartupError } from './errors.js';

/** What a command takes. */
export interface ArgumentRules {
  /** What is said when something else is given. */
  usage: string;
  /** How many names it takes, at least and at most; none when absent. */
  names?: readonly [least: number, most: number];
  /** Switches, without their dashes. */
  switches?: readonly string[];
}

/**
 * Reads the arguments of a command. One that is empty is refused like one too many: it is a variable of a script that was never set, and a
 * command that took it for nothing would do something else than it was told.
 * @throws {StartupError}
 */
export function readArguments(
  { usage, names: [least, most] = [0, 0], switches = [] }: ArgumentRules,
  args: string[] = process.argv.slice(3),
): { names: string[]; isOn(name: string): boolean } {
  const options = Object.fromEntries(switches.map((name) => [name, { type: 'boolean' as const }]));
  try {
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
    if (positionals.length >= least && positionals.length <= most && positionals.every((name) => name.trim() !== ''))
      return { names: positionals, isOn: (name) => values[name] === true };
  } catch {
    // An unknown switch.
  }
  throw new StartupError(`${usage} Nothing was changed.`);
}
