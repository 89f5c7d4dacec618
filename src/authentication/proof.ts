import type { RegisteredSecret } from '../clients/registered-client.js';

/** What looking at a proof came to: the secret that it was made with, none where a key of the client's own was; or why it proves nothing, in words for the log alone. */
export type Proof = { usedSecret: RegisteredSecret | undefined; refusal?: undefined } | { refusal: string };
