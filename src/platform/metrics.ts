import { type Aggregator, Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
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
  readonly tokensIssued = new Counter({
    name: 'latchkey_tokens_issued_total',
    help: 'Access tokens issued.',
    registers: [this.registry],
  });
  readonly tokensRefused = new Counter({
    name: 'latchkey_tokens_refused_total',
    help: 'Requests to the token endpoint that got no token, by OAuth error code.',
    labelNames: ['reason'],
    registers: [this.registry],
  });
  readonly rightsRefused = new Counter({
    name: 'latchkey_rights_refused_total',
    help: 'Operations of the GraphQL API that were refused for want of a right, by the right; "ended" when all of them had ended meanwhile.',
    labelNames: ['right'],
    registers: [this.registry],
  });
  readonly tenantLimits = new Counter({
    name: 'latchkey_tenant_limits_total',
    help: 'What was refused because a tenant had used up a limit, by the limit.',
    labelNames: ['limit'],
    registers: [this.registry],
  });

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
