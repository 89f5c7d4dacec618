import { type Aggregator, Counter, type CounterConfiguration, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { VERSION } from './version.js';

/** What several processes come to together, where a sum or a mean would say nothing: the oldest start, the slowest loop. */
const OF_SEVERAL: Record<string, Aggregator> = {
  process_start_time_seconds: 'min',
  process_max_fds: 'max',
  nodejs_eventloop_lag_seconds: 'max',
  nodejs_eventloop_lag_p50_seconds: 'max',
  nodejs_eventloop_lag_p90_seconds: 'max',
  nodejs_eventloop_lag_p99_seconds: 'max',
};

/** Something to be counted. */
export type CounterDefinition = Pick<CounterConfiguration<string>, 'name' | 'help' | 'labelNames'>;

/** What the process counts, in Prometheus' terms. */
export class Metrics {
  readonly registry = new Registry();
  readonly requestSeconds = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from a request to its answer, by route and status.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers: [this.registry],
  });
  readonly tenantLimits = new Counter({
    name: 'latchkey_tenant_limits_total',
    help: 'What was refused because a tenant had used up a limit, by the limit.',
    labelNames: ['limit'],
    registers: [this.registry],
  });
  readonly #counters = new Map<CounterDefinition, Counter>();

  constructor() {
    const build = new Gauge({
      name: 'latchkey_build_info',
      help: 'Always 1: the labels say which release runs, and on which Node.',
      labelNames: ['version', 'node'],
      registers: [this.registry],
      aggregator: 'first',
    });
    build.set({ version: VERSION, node: process.versions.node }, 1);
  }

  /** Makes what rooms count, none of it yet. */
  define(definitions: readonly CounterDefinition[]): void {
    for (const definition of definitions) this.#counters.set(definition, new Counter({ ...definition, registers: [this.registry] }));
  }

  /** Counts once more what was defined. */
  count(definition: CounterDefinition, labels: Record<string, string> = {}): void {
    (this.#counters.get(definition) as Counter).inc(labels);
  }

  /** Starts the metrics of the process itself (memory, processor time, event loop). */
  collectProcess(): void {
    collectDefaultMetrics({ register: this.registry });
    for (const [name, aggregator] of Object.entries(OF_SEVERAL)) {
      // Some are there on some systems only.
      const metric = this.registry.getSingleMetric(name) as { aggregator?: Aggregator } | undefined;
      if (metric) metric.aggregator = aggregator;
    }
  }
}
