import { AggregatorRegistry } from 'prom-client';
import type { Report } from './messages.js';

/** What adds up over time, whoever counted it. The rest tells of processes that live. */
const ADDS_UP = new Set<string>(['counter', 'histogram']);

/**
 * The metrics of all workers as one set. What a worker counted stays in it when the worker has
 * ended, so that no counter falls.
 */
export class MetricsSum {
  readonly #latest = new Map<number, Report>();
  #ended: Report = [];

  /** Takes what a worker has counted up to now. */
  note(worker: number, report: Report): void {
    this.#latest.set(worker, report);
  }

  /** Keeps what a worker that has ended last reported. */
  keep(worker: number): void {
    const last = this.#latest.get(worker);
    if (!last) return;
    this.#latest.delete(worker);
    const counts = last.filter(({ type }) => ADDS_UP.has(String(type)));
    this.#ended = AggregatorRegistry.aggregate([this.#ended, counts]).getMetricsAsArray() as Report;
  }

  /** The sum in Prometheus' text. @param own what the caller's process has counted */
  text(own: Report): Promise<string> {
    return AggregatorRegistry.aggregate([own, ...this.#latest.values(), this.#ended]).metrics();
  }
}
