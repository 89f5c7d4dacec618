import { In, MoreThan, Not } from 'typeorm';
import { v7 as uuid } from 'uuid';
import type { Changes } from '../changes/changes.service.js';
import { type Description, difference } from '../changes/record/audit.service.js';
import { AuditAction, AuditObjectType } from '../changes/record/audit-event.entity.js';
import { requireSameRights } from '../clients/client.rules.js';
import type { Cipher } from '../platform/cipher.js';
import type { Database } from '../platform/database/transaction.js';
import { BadUserInput } from '../platform/errors.js';
import type { Outbound } from '../platform/http/outbound.js';
import { RENEWED_AT_A_TIME, type Reach, type Renewal, renewSome } from '../platform/renewal.js';
import type { Principal, TenantContext } from '../tenants/caller.js';
import { IdentityProvider } from './identity-provider.entity.js';
import { DEFAULT_SCOPE, type IdentityProviderInput } from './identity-provider.input.js';
import type { SessionService } from './session.service.js';

const RIGHT = { right: 'clients:write' } as const;

/** What the service is made with. */
interface Parts {
  cipher: Cipher;
  sessions: SessionService;
  /** Whether a provider may be on the loopback, without TLS. */
  outbound: Outbound;
}

/** Keeps the external provider through which a tenant's people sign in: one, or none. */
export class IdentityProviderService {
  constructor(
    private readonly database: Database,
    private readonly changes: Changes,
    private readonly parts: Parts,
  ) {}

  /** The provider of a tenant. */
  find({ tenant }: TenantContext): Promise<IdentityProvider | null> {
    return this.database.read((manager) => manager.findOneBy(IdentityProvider, { tenantId: tenant.id }));
  }

  /** The secret with which a tenant is known to its provider, in the clear. */
  secretOf({ tenantId, encryptedSecret, keyId }: IdentityProvider): string {
    return this.parts.cipher.decrypt(encryptedSecret, contextOf(tenantId), keyId);
  }

  /**
   * Names the provider of the caller's tenant, in place of the one before. Whoever signed in through that one is
   * signed out.
   * @throws {BadUserInput | Forbidden} when it gives, or the one before gave, rights that the caller does not hold
   */
  async set(caller: Principal, input: IdentityProviderInput): Promise<IdentityProvider> {
    this.parts.outbound.requirePermitted(input.issuer, 'input.issuer');
    return this.changes.make(caller, RIGHT, async ({ manager, caller: present, record }) => {
      const before = await manager.findOneBy(IdentityProvider, { tenantId: caller.tenant.id });
      // Who gives rights needs them, and who takes them away: people are signed out.
      requireSameRights(present, { scopes: [...grantedBy(before), ...grantedBy(input)] });
      const after = this.#merge(caller, before, input);
      const { encryptedSecret, keyId, ...others } = after;
      // A secret that is kept is not written: it may be encrypted anew meanwhile.
      const changed = input.clientSecret == null ? others : after;
      if (before) await manager.update(IdentityProvider, { tenantId: caller.tenant.id }, changed);
      else await manager.insert(IdentityProvider, after);
      await this.parts.sessions.endForPersons(manager, caller);
      const told = difference(before ? describe(before) : {}, describe(after));
      await record({ action: AuditAction.SET_IDENTITY_PROVIDER, on: objectOf(after), ...told });
      return after;
    });
  }

  /**
   * Lets nobody sign in through a provider any more, and signs out who did.
   * @returns whether there was one
   * @throws {Forbidden} when it gave rights that the caller does not hold
   */
  remove(caller: Principal): Promise<boolean> {
    return this.changes.make(caller, { ...RIGHT, allowance: 'ending' }, async ({ manager, caller: present, record, unchanged }) => {
      const before = await manager.findOneBy(IdentityProvider, { tenantId: caller.tenant.id });
      if (!before) return unchanged(false);
      requireSameRights(present, { scopes: grantedBy(before) });
      await manager.delete(IdentityProvider, { tenantId: caller.tenant.id });
      await this.parts.sessions.endForPersons(manager, caller);
      await record({ action: AuditAction.REMOVE_IDENTITY_PROVIDER, on: objectOf(before), before: describe(before) });
      return true;
    });
  }

  /** Encrypts some of the secrets that an earlier key protects with the current one. @param after those of tenants whose id comes after this one */
  reencrypt(reach: Reach, after: string): Promise<Renewal> {
    const { cipher } = this.parts;
    // What else is in the row is no business of this, and may be damaged.
    const select = { tenantId: true, keyId: true, encryptedSecret: true };
    const where = { keyId: Not(cipher.keyId), tenantId: MoreThan(after) };
    return renewSome(reach, {
      find: (manager) => manager.find(IdentityProvider, { select, where, order: { tenantId: 'ASC' }, take: RENEWED_AT_A_TIME }),
      idOf: ({ tenantId }) => tenantId,
      nameOf: ({ tenantId }) => `secret for the identity provider of tenant ${tenantId}`,
      decrypt: (provider) => this.secretOf(provider),
      store: (manager, { tenantId, encryptedSecret: former }, secret) => {
        const encryptedSecret = cipher.encrypt(secret, contextOf(tenantId));
        return manager.update(IdentityProvider, { tenantId, encryptedSecret: former }, { encryptedSecret, keyId: cipher.keyId });
      },
    });
  }

  /** How many secrets are under a key that is not at hand: nobody signs in through those providers. */
  countLost(): Promise<number> {
    return this.database.read((manager) => manager.countBy(IdentityProvider, { keyId: Not(In([...this.parts.cipher.keyIds])) }));
  }

  #merge({ tenant }: TenantContext, before: IdentityProvider | null, input: IdentityProviderInput): IdentityProvider {
    const now = new Date();
    const { issuer, clientId, clientSecret, claim } = input;
    return {
      tenantId: tenant.id,
      name: input.name.trim(),
      issuer,
      clientId,
      ...(clientSecret == null ? keptSecret(before, input) : this.#encrypt(tenant.id, clientSecret)),
      scope: input.scope ?? DEFAULT_SCOPE,
      claim,
      grants: input.grants.map(({ value, scopes }) => ({ value, scopes: [...new Set(scopes)] })),
      version: uuid(),
      createdAt: before?.createdAt ?? now,
      updatedAt: now,
    };
  }

  #encrypt(tenantId: string, secret: string) {
    return { encryptedSecret: this.parts.cipher.encrypt(secret, contextOf(tenantId)), keyId: this.parts.cipher.keyId };
  }
}

/** A secret is never sent to another provider than the one that it was given for. */
function keptSecret(before: IdentityProvider | null, { issuer, clientId }: IdentityProviderInput) {
  if (!before || before.issuer !== issuer || before.clientId !== clientId) {
    throw new BadUserInput([{ path: 'input.clientSecret', message: 'Give the client secret that the provider knows this client id by.' }]);
  }
  const { encryptedSecret, keyId } = before;
  return { encryptedSecret, keyId };
}

function grantedBy(provider: Pick<IdentityProvider, 'grants'> | null): string[] {
  return provider?.grants.flatMap(({ scopes }) => scopes) ?? [];
}

function contextOf(tenantId: string): string {
  return `identity provider of ${tenantId}`;
}

function objectOf({ issuer }: IdentityProvider): [AuditObjectType, string] {
  return [AuditObjectType.IDENTITY_PROVIDER, issuer];
}

function describe({ name, issuer, clientId, scope, claim, grants }: IdentityProvider): Description {
  return { name, issuer, clientId, scope, claim, grants };
}
