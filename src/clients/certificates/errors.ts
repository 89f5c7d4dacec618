import { BadRequest } from '../../platform/errors.js';

/** The header with a client's certificate is doubled, or cannot be read. */
export class UnreadableCertificate extends BadRequest {
  /** @param why repeats nothing of what was sent */
  constructor(why: string) {
    super(`The client's certificate cannot be read from the proxy's header: ${why}.`);
  }
}
