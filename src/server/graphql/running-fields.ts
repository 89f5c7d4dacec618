/**
 * The fields of an answer that are being found. GraphQL answers as soon as one fails that may not be null, and lets those beside it go on: they
 * still use what others wait for. None begins any more once the answer is made.
 */
export class RunningFields {
  #running = 0;
  #isOver = false;
  #onIdle: (() => void) | undefined;

  /** Whether the answer is made. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Counts a field until it is found. */
  during<T>(found: Promise<T>): Promise<T> {
    this.#running += 1;
    return found.finally(() => {
      this.#running -= 1;
      if (this.#running === 0) this.#onIdle?.();
    });
  }

  /** Tells that the answer is made. @param done is called when no field is being found any more, at once where none is */
  end(done: () => void): void {
    this.#isOver = true;
    if (this.#running === 0) done();
    else this.#onIdle = done;
  }
}
