import { writeSync } from 'node:fs';
import { type Logger, type LoggerOptions, pino, stdSerializers, stdTimeFunctions } from 'pino';
import { PinoPretty } from 'pino-pretty';
import { LineWriter } from './line-writer.js';
import { redact } from './redaction.js';
import { plainJson } from './terminal.js';

/** The process's log. */
export type Log = Logger;

const STDOUT = 1;
const STDERR = 2;
/** What a pipe takes in one piece when several write to it. @see https://man7.org/linux/man-pages/man7/pipe.7.html */
const WHOLE_BYTES = 4096;
const SHORT_CHARACTERS = [1000, 200, 40];

/** Who writes to the log. */
interface Writer {
  /** The number of the process, where there are several. */
  worker?: number;
  /** Others write to the same stdout: every line goes out in one piece. */
  isOneOfMany?: boolean;
}

/** What every log does, wherever its lines go: whatever has the form of a secret is taken out of them. */
export const LOG_RULES: LoggerOptions = { hooks: { streamWrite: redact }, serializers: { err: tellError } };

/** What says where an error comes from. What else it has, such as the parameters of a statement, may be of anybody. */
function tellError(error: Error): object {
  const { type, message, stack, code } = stdSerializers.err(error);
  return { type, message, code, stack };
}

/** JSON lines on stdout, within a tenth of a second; readable text when that is a terminal. No secret is given to it; what somebody sent in a wrong place is taken out. */
export function createLog(level: string, { worker, isOneOfMany = false }: Writer = {}): Log {
  const options: LoggerOptions = {
    ...LOG_RULES,
    level,
    base: worker === undefined ? undefined : { worker },
    timestamp: stdTimeFunctions.isoTime,
  };
  if (process.stdout.isTTY) {
    const hooks = { streamWrite: (line: string) => plainJson(redact(line)) };
    return pino({ ...options, hooks }, PinoPretty({ translateTime: 'SYS:HH:MM:ss.l', singleLine: true, sync: true }));
  }
  const json: LoggerOptions = { ...options, formatters: { level: (label) => ({ level: label }) } };
  const stdout = new LineWriter(STDOUT, {
    pieceBytes: WHOLE_BYTES,
    onBroken: ({ code }) => tellInstead(`The log cannot be written (${code}): lines are left out until it can be again.`),
    onMended: (lost) => log.warn({ lost }, 'the log could not be written meanwhile: these lines are missing'),
  });
  const log = pino(json, isOneOfMany ? { write: (line) => stdout.write(shorten(line)) } : stdout);
  return log;
}

/** On stderr, which may be as broken. */
function tellInstead(sentence: string): void {
  try {
    writeSync(STDERR, `${sentence}\n`);
  } catch {
    // Nobody is left to be told.
  }
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
