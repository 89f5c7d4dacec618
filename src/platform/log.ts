import { type Logger, type LoggerOptions, pino, stdTimeFunctions } from 'pino';
import { PinoPretty } from 'pino-pretty';
import { redact } from './redaction.js';

/** The process's log. */
export type Log = Logger;

/** What a pipe takes in one piece when several write to it. @see https://man7.org/linux/man-pages/man7/pipe.7.html */
const WHOLE_BYTES = 4096;
/** So much is waited for, and so long: a write for each line would take as much time as making the line. */
const ENOUGH_BYTES = 3072;
const LONGEST_WAIT_MS = 100;
const SHORT_CHARACTERS = [1000, 200, 40];

/** Who writes to the log. */
interface Writer {
  /** The number of the process, where there are several. */
  worker?: number;
  /** Others write to the same stdout: every line goes out in one piece. */
  isOneOfMany?: boolean;
}

/** What every log does, wherever its lines go: whatever has the form of a secret is taken out of them. */
export const LOG_RULES: LoggerOptions = { hooks: { streamWrite: redact } };

/** JSON lines on stdout, within a tenth of a second; readable text when that is a terminal. No secret is given to it; what somebody sent in a wrong place is taken out. */
export function createLog(level: string, { worker, isOneOfMany = false }: Writer = {}): Log {
  const options: LoggerOptions = {
    ...LOG_RULES,
    level,
    base: worker === undefined ? undefined : { worker },
    timestamp: stdTimeFunctions.isoTime,
  };
  if (process.stdout.isTTY) return pino(options, PinoPretty({ translateTime: 'SYS:HH:MM:ss.l', singleLine: true, sync: true }));
  const json: LoggerOptions = { ...options, formatters: { level: (label) => ({ level: label }) } };
  const stdout = pino.destination({ fd: 1, sync: false, minLength: ENOUGH_BYTES, maxWrite: WHOLE_BYTES, periodicFlush: LONGEST_WAIT_MS });
  return pino(json, isOneOfMany ? { write: (line) => void stdout.write(shorten(line)) } : stdout);
}

/** Cuts the long values of a line until all of it is short enough to stay whole. */
function shorten(line: string): string {
  let short = line;
  for (const most of SHORT_CHARACTERS) {
    if (Buffer.byteLength(short) <= WHOLE_BYTES) break;
    const cut = (_name: string, value: unknown) => (typeof value === 'string' && value.length > most ? `${value.slice(0, most)} …` : value);
    short = `${JSON.stringify(JSON.parse(line), cut)}\n`;
  }
  return short;
}
