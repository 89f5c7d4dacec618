import { TooOften } from '../platform/errors.js';

/** Too many failures. */
export class TooManyFailures extends TooOften {
  constructor(retryAfterSeconds: number) {
    super('There were too many failures.', retryAfterSeconds);
  }
}
