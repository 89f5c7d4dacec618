import cluster, { type Worker } from 'node:cluster';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ToPrimary, ToWorker } from './messages.js';

/** How long a worker may take to end. Its answers get a second less. */
const END_MS = 10_000;
const REPORT_MS = 2_000;
const TURN_MS = 10;
const MOST_TURNS = 100;

/** How a process ended: its exit code, the signal that ended it, or why it could not be started. */
export interface End {
  code?: number;
  signal?: NodeJS.Signals;
  error?: Error;
}

/** Who hears what a worker says. */
export interface Listener {
  onHello(): ToWorker;
  onMessage(message: ToPrimary): void;
}

/** A worker as the primary knows it. */
export class WorkerProcess {
  readonly #startedAt = performance.now();
  readonly #ended = Promise.withResolvers<End>();
  readonly #ready = Promise.withResolvers<boolean>();
  readonly #reported = new Set<() => void>();
  #hasBegun = false;
  #isReady = false;
  #isStopping = false;

  /** Starts it. @param program the path of what it runs */
  static start(program: string): WorkerProcess {
    cluster.setupPrimary({ exec: program });
    return new WorkerProcess(cluster.fork());
  }

  private constructor(readonly worker: Worker) {
    void this.#watchEnd();
  }

  get id(): number {
    return this.worker.id;
  }

  get pid(): number | undefined {
    return this.worker.process.pid;
  }

  /** Whether it serves and is to go on. */
  get isServing(): boolean {
    return this.#isReady && !this.#isStopping;
  }

  get livedMs(): number {
    return performance.now() - this.#startedAt;
  }

  /** Its end. It says nothing more. */
  get ended(): Promise<End> {
    return this.#ended.promise;
  }

  /** Whether it serves: false when it ended before. */
  get ready(): Promise<boolean> {
    return this.#ready.promise;
  }

  /** Lets somebody hear what it says. */
  listen(listener: Listener): void {
    this.worker.on('message', (message: ToPrimary) => {
      if (message.kind === 'hello') {
        this.worker.send(listener.onHello());
        this.#hasBegun = true;
      }
      if (message.kind === 'ready') {
        this.#isReady = true;
        this.#ready.resolve(true);
      }
      listener.onMessage(message);
      if (message.kind === 'report') for (const resolve of this.#reported) resolve();
    });
  }

  /** Says something to it, once it has begun. */
  tell(message: ToWorker): void {
    if (this.#hasBegun && this.worker.isConnected()) this.worker.send(message);
  }

  /** Asks what it has counted, and waits until it has reported, has ended, or does not answer. */
  async report(): Promise<void> {
    if (!this.#hasBegun || !this.worker.isConnected()) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const deadline = setTimeout(resolve, REPORT_MS);
    this.#reported.add(resolve);
    this.tell({ kind: 'report' });
    await Promise.race([promise, this.ended]);
    this.#reported.delete(resolve);
    clearTimeout(deadline);
  }

  /**
   * Lets it end in an orderly way, and kills it when it does not in time.
   * @param isGentle others go on at the port
   */
  async stop({ isGentle = false } = {}): Promise<void> {
    this.#isStopping = true;
    if (this.#hasBegun) this.tell({ kind: 'stop', isGentle });
    else this.worker.process.kill('SIGTERM');
    const deadline = setTimeout(() => this.kill(), END_MS);
    await this.ended;
    clearTimeout(deadline);
  }

  /** Ends it at once. */
  kill(): void {
    this.worker.process.kill('SIGKILL');
  }

  async #watchEnd(): Promise<void> {
    const { worker } = this;
    const end = await new Promise<End>((resolve) => {
      worker.once('exit', (code, signal) => resolve(signal ? { signal: signal as NodeJS.Signals } : { code }));
      // Of one that is gone while it is spoken to, its end tells enough.
      worker.on('error', (error) => {
        if (this.pid === undefined) resolve({ error });
      });
    });
    // What it said last is heard before its channel closes.
    for (let turn = 0; worker.isConnected() && turn < MOST_TURNS; turn += 1) await sleep(TURN_MS);
    // The cluster does not see the end of one that a connection was on its way to.
    if (cluster.workers?.[worker.id]) worker.disconnect();
    this.#ended.resolve(end);
    this.#ready.resolve(false);
  }
}
