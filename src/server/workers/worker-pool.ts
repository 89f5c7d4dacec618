import cluster from 'node:cluster';
import { existsSync, realpathSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Log } from '../../platform/log.js';
import { BackOff } from './back-off.js';
import { watchConnections } from './handover.js';
import type { ToPrimary, ToWorker } from './messages.js';
import { type End, WorkerProcess } from './worker-process.js';

/** A successor that is slow harms nobody, for its predecessor serves: this is for one that never comes. */
const READY_MS = 120_000;

/** Who speaks with the workers of a pool. */
export interface Speaker {
  /** What a new worker is told first. @param listensLate others serve already */
  greet(listensLate: boolean): ToWorker;
  hear(worker: WorkerProcess, message: ToPrimary): void;
  /** A worker has ended and says nothing more. */
  miss(worker: WorkerProcess): void;
}

/** The pool of worker processes. It keeps a number of them running: each has a place, and is followed there by another when it ends. */
export class WorkerPool {
  readonly #workers = new Set<WorkerProcess>();
  readonly #places: (WorkerProcess | undefined)[];
  readonly #backOffs: BackOff[];
  readonly #stopping = new AbortController();
  readonly #failed = Promise.withResolvers<void>();
  /** What workers run: the files that this process was loaded from, until a roll takes up those that have come in their place. */
  #program = fileURLToPath(new URL('../../main.js', import.meta.url));
  /** The one that starts while nobody serves. */
  #pioneer: WorkerProcess | undefined;
  #hasServed = false;
  #isRolling = false;
  #rollsAgain = false;

  constructor(
    size: number,
    private readonly log: Log,
    private readonly speaker: Speaker,
  ) {
    // Connections wait in the primary, where they outlive a worker.
    cluster.schedulingPolicy = cluster.SCHED_RR;
    this.#places = Array.from({ length: size }, () => undefined);
    this.#backOffs = Array.from({ length: size }, () => new BackOff());
  }

  /** Fulfilled when the very first worker could not start. It has said why. */
  get failed(): Promise<void> {
    return this.#failed.promise;
  }

  /** All that live, also those that are starting or ending. */
  get workers(): WorkerProcess[] {
    return [...this.#workers];
  }

  /** One that serves, if there is one. */
  get anyone(): WorkerProcess | undefined {
    return this.workers.find(({ isServing }) => isServing);
  }

  /** Starts a worker, and the others once it serves: it does what the first start takes. */
  start(): void {
    void this.#fill(0, undefined);
  }

  /**
   * Replaces every worker by a new one of the program as it is now, one after another; each goes when its successor serves.
   * Asked for again meanwhile, it is done once more afterwards.
   */
  async roll(): Promise<void> {
    this.#rollsAgain = true;
    if (this.#isRolling) return;
    this.#isRolling = true;
    while (this.#rollsAgain && !this.#isStopping) {
      this.#rollsAgain = false;
      await this.#replaceAll();
    }
    this.#isRolling = false;
  }

  /** Lets all workers answer what is in flight and end. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.workers.map((worker) => worker.stop()));
  }

  get #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  /** Puts a new worker into a place, unless somebody else has come there meanwhile. */
  async #fill(place: number, predecessor: WorkerProcess | undefined): Promise<void> {
    const worker = await this.#hire().catch((error: Error) => ({ error }));
    if (!worker || this.#isStopping) return;
    if ('error' in worker) {
      if (!this.#hasServed) return this.#fail(worker);
      this.log.error({ err: worker.error }, 'a worker cannot be started');
      await this.#pause(this.#backOff(place).next(0));
      return this.#fill(place, predecessor);
    }
    if (this.#places[place] === predecessor) this.#settle(place, worker);
    else void worker.stop();
  }

  #settle(place: number, worker: WorkerProcess): void {
    this.#places[place] = worker;
    void this.#followUp(place, worker);
  }

  async #followUp(place: number, worker: WorkerProcess): Promise<void> {
    const end = await worker.ended;
    if (this.#isStopping || this.#places[place] !== worker) return;
    if (!this.#hasServed && isOwnFault(end)) return this.#fail(end);
    const restartInMs = this.#backOff(place).next(worker.livedMs);
    const { error: err, ...how } = end;
    this.log.error({ ...logged(worker), ...how, err, restartInMs }, 'a worker ended and is replaced');
    await this.#pause(restartInMs);
    if (!this.#isStopping && this.#places[place] === worker) await this.#fill(place, worker);
  }

  #fail({ error }: End): void {
    if (error) this.log.error({ err: error }, 'no worker can be started');
    this.#failed.resolve();
  }

  /** Starts a worker. While nobody serves, one at a time: it answers that it is starting, and the others wait for it. */
  async #hire(program = this.#program): Promise<WorkerProcess | undefined> {
    while (!this.anyone && this.#pioneer) await this.#pioneer.ready;
    if (this.#isStopping) return undefined;
    const worker = WorkerProcess.start(program);
    const listensLate = this.anyone !== undefined;
    if (!listensLate) this.#pioneer = worker;
    this.#workers.add(worker);
    worker.listen({ onHello: () => this.speaker.greet(listensLate), onMessage: (message) => this.speaker.hear(worker, message) });
    void worker.ready.then((isReady) => this.#noteStart(worker, isReady));
    const handOver = watchConnections(worker.worker);
    void worker.ended.then(() => {
      this.#workers.delete(worker);
      handOver(this.anyone?.worker);
      this.speaker.miss(worker);
    });
    return worker;
  }

  #noteStart(worker: WorkerProcess, isReady: boolean): void {
    if (this.#pioneer === worker) this.#pioneer = undefined;
    if (isReady) this.log.info(logged(worker), 'a worker serves');
    if (!isReady || this.#hasServed) return;
    this.#hasServed = true;
    for (let place = 1; place < this.#places.length; place += 1) void this.#fill(place, undefined);
  }

  async #replaceAll(): Promise<void> {
    this.log.info('replacing all workers, one after another');
    const leaving: Promise<void>[] = [];
    const program = programNow();
    for (const place of this.#places.keys()) {
      const next = await this.#hireReady(program);
      if (this.#isStopping) return;
      if (!next) return this.log.error('a new worker did not become ready: the old ones go on');
      this.#program = program;
      const old = this.#places[place];
      this.#settle(place, next);
      if (old) leaving.push(old.stop({ isGentle: true }));
    }
    await Promise.all(leaving);
    this.log.info('all workers were replaced');
  }

  async #hireReady(program: string): Promise<WorkerProcess | undefined> {
    const worker = await this.#hire(program).catch(() => undefined);
    if (!worker) return undefined;
    if (await Promise.race([worker.ready, sleep(READY_MS, false, { ref: false })])) return worker;
    worker.kill();
    return undefined;
  }

  #backOff(place: number): BackOff {
    return this.#backOffs[place] as BackOff;
  }

  async #pause(milliseconds: number): Promise<void> {
    await sleep(milliseconds, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
  }
}

/** A link in the path that the program was started by may lead elsewhere since. */
function programNow(): string {
  const path = process.argv[1] as string;
  return existsSync(path) ? realpathSync(path) : path;
}

/** A signal says nothing of the program: its next start may do. */
function isOwnFault({ code, error }: End): boolean {
  return error !== undefined || (code !== undefined && code !== 0);
}

function logged({ id, pid }: WorkerProcess): { worker: number; pid: number | undefined } {
  return { worker: id, pid };
}
