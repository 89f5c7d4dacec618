import { type Logger, type LoggerOptions, pino, stdTimeFunctions } from 'pino';
import { PinoPretty } from 'pino-pretty';

/** The process's log. */
export type Log = Logger;

/** JSON lines on stdout, readable text when that is a terminal. No secret is ever given to it. */
export function createLog(level: string): Log {
  const options: LoggerOptions = { level, base: undefined, timestamp: stdTimeFunctions.isoTime };
  if (process.stdout.isTTY) return pino(options, PinoPretty({ translateTime: 'SYS:HH:MM:ss.l', singleLine: true, sync: true }));
  return pino({ ...options, formatters: { level: (label) => ({ level: label }) } }, pino.destination({ fd: 1, sync: false }));
}
