import type { Input } from './input.js';
import type { Holding } from './inspector.js';
import type { Reply } from './wire.js';

const SLOWEST = 8;
const MEBIBYTE = 1024 * 1024;

/** What came of all inputs together. */
export class Tally {
  inputs = 0;
  readonly holdings: Holding[] = [];
  /** How often the server did what it was asked for, by action. */
  done: Record<string, unknown> = {};
  readonly #began = performance.now();
  readonly #statuses: Record<string, Record<string, number>> = {};
  #slowest: { milliseconds: number; what: string }[] = [];
  readonly #slow: string[] = [];

  count(input: Input, { statuses, milliseconds }: Reply): void {
    this.inputs += 1;
    const part = this.#statuses[input.part] ?? {};
    this.#statuses[input.part] = part;
    for (const status of statuses.length > 0 ? statuses : ['closed']) part[status] = (part[status] ?? 0) + 1;
    if (milliseconds <= (this.#slowest.at(SLOWEST - 1)?.milliseconds ?? 0)) return;
    this.#slowest.push({ milliseconds, what: describe(input) });
    this.#slowest = this.#slowest.sort((one, other) => other.milliseconds - one.milliseconds).slice(0, SLOWEST);
  }

  /** @param costs what it took at first, and alone */
  countSlow(input: Input, costs: readonly string[]): void {
    this.#slow.push(`${costs.join(', then alone ')}: ${describe(input)}`);
  }

  /** In lines that a person reads. */
  toString(): string {
    const seconds = (performance.now() - this.#began) / 1000;
    return [
      `${this.inputs} inputs in ${seconds.toFixed(0)} s, ${(this.inputs / seconds).toFixed(0)} a second`,
      ...Object.entries(this.#statuses).map(([part, counts]) => `${part}: ${JSON.stringify(counts)}`),
      `done: ${JSON.stringify(this.done)}`,
      ...this.#slowest.map(({ milliseconds, what }) => `${milliseconds.toFixed(0)} ms: ${what}`),
      ...this.#slow.map((line) => `over the bound, ${line}`),
      `MiB alive (resident): ${this.holdings.map(({ heap, resident }) => `${toMebibytes(heap)} (${toMebibytes(resident)})`).join(', ')}`,
    ].join('\n');
  }
}

function describe(input: Input): string {
  const text = input.part === 'framing' ? input.bytes : `${input.method} ${input.target} ${input.body ?? ''}`;
  return JSON.stringify(text.slice(0, 300));
}

function toMebibytes(bytes: number): string {
  return (bytes / MEBIBYTE).toFixed(1);
}
