import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client';

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

  /** Starts the metrics of the process itself (memory, processor time, event loop). */
  collectProcess(): void {
    collectDefaultMetrics({ register: this.registry });
  }
}
