import type { Attempt } from '../../authentication/failure-counts.js';
import type { ActiveKey } from '../../keys/signing-key.js';
import { RequestNotes } from '../../platform/http/request-notes.js';
import type { AccessTokenType } from '../../tenants/tenant.entity.js';

/** What oidc-provider ended with: one of its own errors, or what was thrown in it. */
export interface ProviderError extends Error {
  error?: string;
  error_detail?: string;
  cause?: unknown;
}

/** What comes to be known of a request while oidc-provider works on it. */
interface GrantNotes {
  /** For the throttle. Absent when nobody was named. */
  attempt: Attempt;
  /** The key that signs, and what tokens call themselves, at the moment at which the client was read. */
  signer: ActiveKey;
  accessTokenType: AccessTokenType | undefined;
  error: ProviderError;
}

export const grantNotes = new RequestNotes<GrantNotes>();
