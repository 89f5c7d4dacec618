import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';

const FOLDER = join(import.meta.dirname, 'results');

/** Prints a table, and gathers what a bench found for its file. */
export class Report {
  readonly #name: string;
  readonly #parts: Record<string, unknown> = {};

  /** @param name of the bench, and of its files */
  constructor(name: string) {
    this.#name = name;
  }

  /** @param rows as they are printed @param values as they are kept */
  table(title: string, rows: readonly object[], values: unknown = rows): void {
    console.log(`\n${title}`);
    console.table(rows);
    this.keep(title, values);
  }

  /** Keeps what is not printed, or was. */
  keep(title: string, values: unknown): void {
    this.#parts[title] = values;
  }

  /** Keeps a picture beside the figures. */
  picture(svg: string): void {
    mkdirSync(FOLDER, { recursive: true });
    writeFileSync(join(FOLDER, `${this.#name}.svg`), svg);
  }

  /** Writes the figures to `bench/results`. */
  close(): void {
    mkdirSync(FOLDER, { recursive: true });
    const machine = { node: process.version, cores: cpus().length, processor: cpus()[0]?.model };
    writeFileSync(join(FOLDER, `${this.#name}.json`), `${JSON.stringify({ machine, ...this.#parts }, null, 2)}\n`);
  }
}
