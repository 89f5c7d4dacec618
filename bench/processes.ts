import { readdirSync, readFileSync } from 'node:fs';

const CLOCK_TICKS = 100;

interface Stat {
  parent: number;
  /** Of the process itself and of its children that have ended. */
  processorSeconds: number;
}

/** Processor seconds so far of some processes and of all that they started. */
export function processorSecondsOf(pids: readonly number[]): number {
  const stats = readStats();
  return treeOf(pids, stats).reduce((sum, pid) => sum + (stats.get(pid)?.processorSeconds ?? 0), 0);
}

/** Resident memory in megabytes of some processes and of all that they started. */
export function residentMegabytesOf(pids: readonly number[]): number {
  const kilobytes = (pid: number) => Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  return treeOf(pids, readStats()).reduce((sum, pid) => sum + kilobytes(pid), 0) / 1024;
}

function treeOf(pids: readonly number[], stats: ReadonlyMap<number, Stat>): number[] {
  const tree = new Set(pids);
  let size = 0;
  while (size < tree.size) {
    size = tree.size;
    for (const [pid, { parent }] of stats) if (tree.has(parent)) tree.add(pid);
  }
  return [...tree];
}

function readStats(): Map<number, Stat> {
  const pids = readdirSync('/proc').map(Number).filter(Boolean);
  return new Map(pids.flatMap((pid) => readStat(pid)));
}

/** Nothing for a process that has just ended. */
function readStat(pid: number): [number, Stat][] {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ').map(Number) ?? [];
    const ticks = fields.slice(11, 15).reduce((sum, count) => sum + count, 0);
    return [[pid, { parent: fields[1] as number, processorSeconds: ticks / CLOCK_TICKS }]];
  } catch {
    return [];
  }
}
