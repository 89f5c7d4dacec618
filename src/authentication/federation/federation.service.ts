import type { Changes } from '../../changes/changes.service.js';
import { AuditAction, AuditObjectType } from '../../changes/record/audit-event.entity.js';
import type { Client } from '../../clients/client.entity.js';
import { requireClient } from '../../clients/client-row.service.js';
import { decoyClient, isRegistered } from '../../clients/registered-client.js';
import { BadUserInput } from '../../platform/errors.js';
import type { Principal } from '../../tenants/caller.js';
import { issuerOf, readAssertion } from '../assertion.js';
import { KeysUnavailable } from '../errors.js';
import type { Refusal } from '../proof.js';
import { FederatedCheck, type FederatedParts, lookThrough } from './federated-jwt.js';
import type { FederatedLookupService } from './federated-lookup.service.js';
import type { RemoteKeys } from './remote-keys.service.js';

const LONGEST_ASSERTION = 16_000;
const NOT_FETCHED = 'The keys of this client are not fetched: it has no jwksUri.';
const RIGHT = { right: 'clients:write' } as const;

/** What the service is made with. */
interface Parts extends FederatedParts {
  changes: Changes;
  federatedLookup: FederatedLookupService;
  remoteKeys: RemoteKeys;
}

/** How a token would fare. */
export interface AssertionOutcome {
  /** Whom it would prove; null where it names nobody, or several. */
  clientId: string | null;
  checks: { name: FederatedCheck; refusal: Refusal | undefined }[];
}

/** Looks after what others vouch for, for people who manage clients. */
export class FederationService {
  constructor(private readonly parts: Parts) {}

  /**
   * Tells how a token of a trusted issuer would fare, without using it up.
   * @param clientId that would be sent with it
   * @throws {BadUserInput} when it is no token
   */
  async test(caller: Principal, text: string, clientId?: string): Promise<AssertionOutcome> {
    const assertion = text.length <= LONGEST_ASSERTION ? readAssertion(text.trim()) : undefined;
    if (!assertion)
      throw new BadUserInput([{ path: 'assertion', message: `Give a signed JWT of at most ${LONGEST_ASSERTION} characters.` }]);
    const [issuer, { sub }] = [issuerOf(assertion.claims), assertion.claims];
    if (issuer === undefined || typeof sub !== 'string')
      throw new BadUserInput([{ path: 'assertion', message: 'This is no token of an issuer: it needs iss, a URL, and sub, a text.' }]);
    const found = await this.parts.federatedLookup.find(caller, { clientId, issuer, subject: sub });
    const registration = found.client ?? decoyClient(caller);
    const checks = await lookThrough(this.parts, assertion, { ...found, tenant: caller, registration }).catch((error) => {
      if (!(error instanceof KeysUnavailable)) throw error;
      // All that come before it have passed.
      const before = [FederatedCheck.ALGORITHM, FederatedCheck.ISSUER, FederatedCheck.CLIENT, FederatedCheck.CREDENTIAL];
      return [
        ...before.map((name) => ({ name, refusal: undefined })),
        { name: FederatedCheck.KEY, refusal: { refusal: "the issuer's keys cannot be fetched at the moment, and none are at hand" } },
      ];
    });
    return { clientId: isRegistered(registration) ? registration.clientId : null, checks };
  }

  /**
   * Fetches the keys of a client with `jwksUri` anew, unless that was done within the last 30 s.
   * @throws {ClientNotFound | BadUserInput}
   */
  async refreshKeys(caller: Principal, clientId: string): Promise<Client> {
    const client = await this.parts.changes.make(caller, RIGHT, async ({ manager, record }) => {
      const found = await requireClient(manager, caller, clientId);
      if (found.jwksUri === null) throw new BadUserInput([{ path: 'clientId', message: NOT_FETCHED }]);
      await record({ action: AuditAction.REFRESH_CLIENT_KEYS, on: [AuditObjectType.CLIENT, clientId], after: { jwksUri: found.jwksUri } });
      return found;
    });
    // Nobody is asked while the turn of the tenant is taken.
    await this.parts.remoteKeys.refresh(caller, { kind: 'jwks', url: client.jwksUri as string });
    return client;
  }
}
