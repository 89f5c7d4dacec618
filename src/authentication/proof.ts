import type { FederatedOrigin } from '../changes/token-id.js';
import type { RegisteredSecret } from '../clients/registered-client.js';
import { withoutHidden } from '../platform/hidden-characters.js';
import { redact } from '../platform/redaction.js';

/** What proved a client: one of its secrets, a token of somebody who vouches for it, or a key of its own. */
export interface Evidence {
  usedSecret?: RegisteredSecret | undefined;
  federation?: FederatedOrigin | undefined;
}

/** Why something proves nothing: in words for the log and for whoever manages the client, never for whoever showed it. */
export interface Refusal {
  refusal: string;
  /** What of it is not as it has to be, such as a claim; with what is expected and what came, where there is that to say. */
  about?: string;
  expected?: string;
  received?: string;
}

/** What looking at a proof came to: what it was made with, or why it proves nothing. */
export type Proof = (Evidence & { refusal?: undefined }) | Refusal;

const LONGEST_RECEIVED = 200;

/** Whatever may be the beginning of a secret or of a token. */
const LAST_RUN = /[\w.%+/=-]*$/;

/** What somebody sent, as it may be shown to others: without anything hidden or secret, and not too long. What it was cut within is left out. */
export function received(value: unknown): string {
  const written = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing');
  // Before it is cut: what is hidden may stand within a secret.
  const text = withoutHidden(written.toWellFormed());
  if (text.length <= LONGEST_RECEIVED) return redact(text);
  return `${redact(text.slice(0, LONGEST_RECEIVED).toWellFormed().replace(LAST_RUN, ''))}…`;
}
