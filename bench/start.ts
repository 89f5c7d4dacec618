import { setTimeout as sleep } from 'node:timers/promises';
import { median } from './client.ts';
import { type Subject, startLatchkey } from './subject.ts';

const RUNS = 7;
const SETTLED_MS = 5_000;

/** Memory of an idle server, and how long a second start takes until it is ready. */
export async function benchStart(): Promise<void> {
  const first = await startLatchkey('first start');
  const { folder } = first;
  await sleep(SETTLED_MS);
  const idle = first.residentMegabytes();
  await first.end();
  const starts: number[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    const again: Subject = await startLatchkey('second start', {}, folder);
    starts.push(again.startedAfter);
    await again.end();
  }
  await first.stop();
  console.log(`\nAn idle server after ${SETTLED_MS / 1000} s, and ${RUNS} starts on its database`);
  console.table([
    {
      'first start, ms': Math.round(first.startedAfter),
      'second start, ms': Math.round(median(starts)),
      slowest: Math.round(Math.max(...starts)),
      'resident, MB': Math.round(idle),
    },
  ]);
}
