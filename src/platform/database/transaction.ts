import { isAsking } from '../deadline.js';
import { DatabaseUnavailable } from '../errors.js';
import type { Log } from '../log.js';
import type { Engine, Pace, Work, Writing } from './engine.js';
import { isInterrupted, rootCode, translate, WaitedInVain } from './faults.js';
import { toSqlText } from './moments.js';
import { deniedRight } from './sentences.js';

const TELL_EVERY_MS = 10_000;

/**
 * The one way to the data. Reads run beside writes; every write is a transaction. What the database cannot
 * serve within some seconds is refused.
 */
export class Database {
  #told = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly engine: Engine,
    private readonly log: Log,
  ) {}

  /** Runs reads; nothing in it may write. `work` may run more than once. @throws {DatabaseUnavailable} */
  read<T>(work: Work<T>, pace?: Pace): Promise<T> {
    return this.#translated(this.engine.read(work, pace));
  }

  /**
   * The rows of a query as the driver gives them. The statement stays prepared: for what is asked all the time, in few words.
   * @throws {DatabaseUnavailable}
   */
  rows<T>(statement: string, parameters: readonly unknown[]): Promise<T[]> {
    return this.#translated(this.engine.rows<T>(statement, parameters));
  }

  /**
   * Runs reads and writes as one: all of it is committed, or none. `work` may run more than once.
   * @throws {DatabaseUnavailable | ReferenceGone} After the first it may have been committed all the same, if `work` named no row by
   *   which that could be known.
   */
  write<T>(work: Writing<T>): Promise<T> {
    return this.#translated(this.engine.write(work));
  }

  /** A moment as a parameter of raw SQL: SQLite compares text. */
  moment(date: Date): Date | string {
    return this.dialect<Date | string>({ sqlite: toSqlText(date), mysql: date });
  }

  /** Picks the statement of the dialect. */
  dialect<T>(statements: { sqlite: T; mysql: T }): T {
    return statements[this.engine.dialect];
  }

  /** Whether the database answers, and has what is asked for. @param question a statement that reads */
  async ping(question: string): Promise<boolean> {
    return this.engine.ping(question).catch(() => false);
  }

  /** Closes every connection. */
  close(): Promise<void> {
    return this.engine.close();
  }

  async #translated<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (cause) {
      const error = translate(cause);
      // A question that takes too long, or waits for others like it, says nothing of the database.
      const isOfQuestion = isAsking() && (cause instanceof WaitedInVain || isInterrupted(cause));
      if (error instanceof DatabaseUnavailable && !isOfQuestion) this.#tell(error);
      throw error;
    }
  }

  /** Whoever runs this has to know why: once in a while is enough. */
  #tell(error: DatabaseUnavailable): void {
    const now = performance.now();
    if (now - this.#told < TELL_EVERY_MS) return;
    this.#told = now;
    this.log.error({ code: rootCode(error), denied: deniedRight(error) }, 'the database does not serve, and requests are refused');
  }
}
