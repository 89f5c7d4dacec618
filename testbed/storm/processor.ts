import { readFileSync } from 'node:fs';

/** In `/proc` Linux counts in hundredths of a second, whatever its kernel does. */
const MS_OF_A_TICK = 10;
/** Of what follows the name of the program, which may hold anything. @see https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
const [UTIME, STIME] = [11, 12];

/** The processor time that a process has used so far, in milliseconds: of all its threads, to ten milliseconds. */
export function processorMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[UTIME]) + Number(fields[STIME])) * MS_OF_A_TICK;
}
