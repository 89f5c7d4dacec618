import type { FederatedOrigin } from '../changes/token-id.js';
import type { RegisteredSecret } from '../clients/registered-client.js';

/** What proved a client: one of its secrets, a token of somebody who vouches for it, or a key of its own. */
export interface Evidence {
  usedSecret?: RegisteredSecret | undefined;
  federation?: FederatedOrigin | undefined;
}

/** What looking at a proof came to: what it was made with, or why it proves nothing, in words for the log alone. */
export type Proof = (Evidence & { refusal?: undefined }) | { refusal: string };
