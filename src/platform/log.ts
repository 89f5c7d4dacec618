import { type Logger, pino } from 'pino';
import { PinoPretty } from 'pino-pretty';

/** The process's log. */
export type Log = Logger;

/** JSON lines on stdout, readable text when that is a terminal. No secret is ever given to it. */
export function createLog(level: string): Log {
  const options = { level, base: undefined };
  if (process.stdout.isTTY) return pino(options, PinoPretty({ translateTime: 'SYS:HH:MM:ss.l', sync: true }));
  return pino(options, pino.destination({ fd: 1, sync: false }));
}
