import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { lastingPort } from './free-port.ts';
import { DELIVERED } from './galera.ts';
import { listens, until } from './process.ts';
import { lowlyUser } from './unprivileged.ts';

/** HAProxy with what is delivered for it, on ports of its own. */
export class Haproxy {
  readonly httpPort: number;
  readonly databasePort: number;
  readonly #configuration: string;
  readonly #targets: Record<string, string>;
  #process: ChildProcess | undefined;
  #output = '';

  private constructor(configuration: string, targets: Record<string, string>, [httpPort, databasePort]: [number, number]) {
    this.httpPort = httpPort;
    this.databasePort = databasePort;
    this.#configuration = configuration;
    this.#targets = targets;
  }

  /** Gives it its ports; it is not started yet. @param targets where it finds nodes and servers, by the names that the configuration has */
  static async create(folder: string, targets: Record<string, string>): Promise<Haproxy> {
    const configuration = join(folder, 'haproxy.cfg');
    copyFileSync(join(DELIVERED, 'haproxy.cfg'), configuration);
    return new Haproxy(configuration, targets, [await lastingPort(), await lastingPort()]);
  }

  get pid(): number {
    return this.#process?.pid as number;
  }

  /** Everything it has logged. */
  output(): string {
    return this.#output;
  }

  /** Starts it, and waits until it listens. */
  async start(): Promise<void> {
    const bind = { HTTP_BIND: `127.0.0.1:${this.httpPort}`, DATABASE_BIND: `127.0.0.1:${this.databasePort}` };
    // Without a process that watches: the one that is started is the one that serves.
    this.#process = spawn('haproxy', ['-db', '-f', this.#configuration], {
      ...lowlyUser(),
      env: { PATH: process.env.PATH, ...this.#targets, ...bind },
    });
    for (const stream of [this.#process.stdout, this.#process.stderr]) stream?.on('data', (chunk) => (this.#output += chunk));
    await until(
      async () => (await Promise.all([listens(this.httpPort), listens(this.databasePort)])).every(Boolean),
      () => this.#output,
    );
  }

  /** Ends it. */
  async stop(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (!this.#process || this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = new Promise((resolve) => this.#process?.once('exit', resolve));
    this.#process.kill(signal);
    await ended;
  }
}
