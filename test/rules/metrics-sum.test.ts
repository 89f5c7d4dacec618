import { Metrics } from '../../src/platform/metrics.js';
import type { Report } from '../../src/server/workers/messages.js';
import { MetricsSum } from '../../src/server/workers/metrics-sum.js';
import { TOKENS_ISSUED } from '../../src/tokens/counters.js';

/** What a process that issued so many tokens would report. */
async function report(tokens: number): Promise<Report> {
  const metrics = new Metrics();
  metrics.collectProcess();
  metrics.define([TOKENS_ISSUED]);
  for (let time = 0; time < tokens; time += 1) {
    metrics.count(TOKENS_ISSUED);
    metrics.requestSeconds.observe({ method: 'POST', route: '/connect/token', status: 200 }, 0.002);
  }
  // As it comes through the channel.
  return JSON.parse(JSON.stringify(await metrics.registry.getMetricsAsJSON()));
}

const read = (text: string, name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);

it('adds up what workers count, and keeps it when they end', async () => {
  const sum = new MetricsSum();
  const own = await report(0);
  sum.note(1, await report(2));
  sum.note(2, await report(3));
  const before = await sum.text(own);
  expect(read(before, 'latchkey_tokens_issued_total')).toBe(5);
  sum.keep(1);
  sum.keep(2);
  sum.keep(3);
  sum.note(4, await report(1));
  const after = await sum.text(own);
  expect(read(after, 'latchkey_tokens_issued_total')).toBe(6);
  expect(after).toMatch(/^http_request_duration_seconds_bucket\{le="0.0025",method="POST",route="\/connect\/token",status="200"\} 6$/m);
  expect(after).toMatch(/^http_request_duration_seconds_count\{method="POST",route="\/connect\/token",status="200"\} 6$/m);
});

it('tells of the memory of those that live, the oldest start, and what one process may open', async () => {
  const sum = new MetricsSum();
  const own = await report(0);
  sum.note(1, await report(0));
  const both = await sum.text(own);
  const alone = await new MetricsSum().text(own);
  expect(read(both, 'process_resident_memory_bytes')).toBeGreaterThan(read(alone, 'process_resident_memory_bytes'));
  for (const name of ['process_start_time_seconds', 'process_max_fds']) expect(read(both, name)).toBe(read(alone, name));
  sum.keep(1);
  expect(read(await sum.text(own), 'process_resident_memory_bytes')).toBe(read(alone, 'process_resident_memory_bytes'));
});
