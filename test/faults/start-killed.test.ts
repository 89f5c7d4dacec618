import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { createTestDatabase, type TestDatabase } from '../../testbed/database.js';
import { startProcess, type TestProcess } from '../../testbed/process.js';
import { crewOfSize } from '../../testbed/workers.js';
import { measured, rounds } from './support/subject.js';

const WORKERS = 2;
/** What a server whose predecessor was killed may take beside the time of a start, and of a second one for chance. */
const ALLOWANCE_MS = 5_000;

const running: TestProcess[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => killAll(server)));
});

async function start(database: TestDatabase): Promise<TestProcess> {
  const server = await startProcess(database, { WORKERS: String(WORKERS) });
  running.push(server);
  return server;
}

/** @returns after how many milliseconds all workers serve */
async function startWhole(database: TestDatabase): Promise<number> {
  const began = performance.now();
  await crewOfSize(await start(database), WORKERS);
  return performance.now() - began;
}

function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

async function killAll({ child, exit }: TestProcess): Promise<void> {
  const pid = child.pid as number;
  for (const each of [pid, ...childrenOf(pid)]) kill(each);
  await exit;
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

/** What is killed of a server: all of it at once, the primary alone, or the workers alone. */
const WAYS: Record<string, (server: TestProcess) => void | Promise<void>> = {
  'the whole server': killAll,
  'the primary': ({ child }) => kill(child.pid as number),
  'each worker': ({ child }) => childrenOf(child.pid as number).forEach(kill),
};

it.each(Object.keys(WAYS))('the next server has all its workers when %s was killed, at whatever moment of its start', async (way) => {
  const times = rounds(12, 4);
  const database = await createTestDatabase();
  const usualMs = await startWhole(database);
  await Promise.all(running.splice(0).map(killAll));
  await database.remove();
  const starts: { laterMs: number; besideMs: number }[] = [];
  for (let time = 1; time <= times; time += 1) {
    const [harmed, whole] = [await createTestDatabase(), await createTestDatabase()];
    const victim = await start(harmed);
    await sleep((usualMs * time) / times);
    await WAYS[way]?.(victim);
    // The machine may have other things to do by now: what a start takes is told by one beside.
    const [laterMs, besideMs] = (await Promise.all([startWhole(harmed), startWhole(whole)])).map(Math.round) as [number, number];
    starts.push({ laterMs, besideMs });
    await Promise.all(running.splice(0).map(killAll));
    await Promise.all([harmed.remove(), whole.remove()]);
  }
  measured(`all workers after ${way} was killed during its start`, { usualMs: Math.round(usualMs), starts });
  expect(starts.filter(({ laterMs, besideMs }) => laterMs > 2 * besideMs + ALLOWANCE_MS)).toEqual([]);
});
