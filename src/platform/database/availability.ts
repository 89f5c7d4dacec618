import { setTimeout as sleep } from 'node:timers/promises';
import { REQUEST_WAIT_MS } from '../deadline.js';
import { DatabaseUnavailable } from '../errors.js';
import type { Log } from '../log.js';
import { rootCode } from './faults.js';

const PROBE_EVERY_MS = 200;

/** A time without the database. */
interface Absence {
  since: number;
  cause: unknown;
  back: PromiseWithResolvers<void>;
}

/**
 * Whether the database can be reached. Once it cannot, one probe asks for it again and again and everybody else waits for that,
 * for at most {@link REQUEST_WAIT_MS} since it went: then whoever comes is refused at once, until it is back.
 */
export class Availability {
  #away: Absence | undefined;
  #checking: Promise<boolean> | undefined;
  #isClosed = false;

  /** @param probe asks the database for something over a connection of its own; fails within a second or so */
  constructor(
    private readonly probe: () => Promise<void>,
    private readonly log: Log,
  ) {}

  /** @throws {DatabaseUnavailable} when it is away */
  require(): void {
    if (this.#away) throw new DatabaseUnavailable({ cause: this.#away.cause });
  }

  /**
   * Waits for a database that is away.
   * @param deadline of `performance.now()`
   * @throws {DatabaseUnavailable} when it is not back in time
   */
  async wait(deadline: number): Promise<void> {
    if (!this.#away) return;
    const { since, cause, back } = this.#away;
    const wait = Math.min(deadline, since + REQUEST_WAIT_MS) - performance.now();
    const over = new AbortController();
    const isBack = wait > 0 && (await Promise.race([back.promise.then(() => true), sleep(wait, false, { signal: over.signal })]));
    over.abort();
    if (!isBack) throw new DatabaseUnavailable({ cause });
  }

  /** Asks whether the database answers; many who ask at once ask once. From a failure on it is away. */
  check(): Promise<boolean> {
    this.#checking ??= this.#answers().finally(() => {
      this.#checking = undefined;
    });
    return this.#checking;
  }

  /** Takes the database for away until a probe succeeds. */
  lose(cause: unknown): void {
    if (this.#away || this.#isClosed) return;
    this.#away = { since: performance.now(), cause, back: Promise.withResolvers() };
    this.log.warn({ code: rootCode(cause) }, 'the database does not answer');
    void this.#lookFor(this.#away);
  }

  /** Ends the search for a database that is away. */
  close(): void {
    this.#isClosed = true;
  }

  async #lookFor({ since, back }: Absence): Promise<void> {
    while (!(await this.#answers())) {
      if (this.#isClosed) return;
      await sleep(PROBE_EVERY_MS, undefined, { ref: false });
    }
    this.#away = undefined;
    back.resolve();
    this.log.warn({ awayMs: Math.round(performance.now() - since) }, 'the database answers again');
  }

  #answers(): Promise<boolean> {
    return this.probe().then(
      () => true,
      (cause) => {
        this.lose(cause);
        return false;
      },
    );
  }
}
