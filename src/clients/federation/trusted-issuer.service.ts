import { type EntityManager, In } from 'typeorm';
import { v7 as uuid } from 'uuid';
import type { Changes } from '../../changes/changes.service.js';
import { type Description, difference } from '../../changes/record/audit.service.js';
import { AuditAction, AuditObjectType } from '../../changes/record/audit-event.entity.js';
import { isDuplicate } from '../../platform/database/faults.js';
import type { Database } from '../../platform/database/transaction.js';
import { BadUserInput, StaleVersion } from '../../platform/errors.js';
import type { Outbound } from '../../platform/http/outbound.js';
import type { Principal, TenantContext } from '../../tenants/caller.js';
import { makeTokenEpoch, requireSameRights } from '../client.rules.js';
import type { ClientHolders } from '../client-holders.service.js';
import { usableKeys } from '../keys/foreign-jwks.js';
import { IssuerTaken, TrustedIssuerLimit, TrustedIssuerNotFound } from './errors.js';
import { keyOfIssuer, rightsThrough } from './federated-credentials.service.js';
import { KeySet } from './key-set.entity.js';
import { keyOfSource, sourceOf } from './key-source.js';
import { TrustedIssuer } from './trusted-issuer.entity.js';
import type { CreateTrustedIssuerInput, UpdateTrustedIssuerInput } from './trusted-issuer.input.js';
import { findKeysFault, USUAL_ALGORITHMS } from './trusted-issuer.rules.js';

const RIGHT = { right: 'clients:write' } as const;
const MOST_ISSUERS = 50;
const USUAL_LIFETIME_SECONDS = 3600;

/** Keeps the issuers that a tenant trusts to say who its clients are. */
export class TrustedIssuerService {
  constructor(
    private readonly database: Database,
    private readonly changes: Changes,
    private readonly holders: ClientHolders,
    private readonly outbound: Outbound,
  ) {}

  /** Those of a tenant, by name. */
  list({ tenant }: TenantContext): Promise<TrustedIssuer[]> {
    return this.database.read((manager) =>
      manager.find(TrustedIssuer, { where: { tenantId: tenant.id }, order: { name: 'ASC', id: 'ASC' } }),
    );
  }

  /** What was fetched of each of some issuers; undefined of one whose keys were given, or were never asked for. */
  async keySetsOf({ tenant }: TenantContext, issuers: readonly TrustedIssuer[]): Promise<(KeySet | undefined)[]> {
    const sources = issuers.map((issuer) => {
      const source = sourceOf(issuer);
      return source && keyOfSource(source);
    });
    const fetched = sources.filter((source) => source !== undefined);
    if (fetched.length === 0) return sources.map(() => undefined);
    const where = { tenantId: tenant.id, source: In(fetched) };
    const sets = await this.database.read((manager) => manager.findBy(KeySet, where));
    return sources.map((source) => sets.find((set) => set.source === source));
  }

  /**
   * Trusts one more issuer.
   * @throws {BadUserInput | IssuerTaken | TrustedIssuerLimit | Forbidden} the last when clients name it that have rights which the caller does not hold
   */
  create(caller: Principal, input: CreateTrustedIssuerInput): Promise<TrustedIssuer> {
    const { issuer } = input;
    this.#requireSource(issuer, input);
    const now = new Date();
    const made: TrustedIssuer = {
      id: uuid(),
      tenantId: caller.tenant.id,
      name: input.name.trim(),
      issuer,
      issuerKey: keyOfIssuer(issuer),
      jwksUri: input.jwksUri ?? null,
      jwks: input.jwks ? usableKeys(input.jwks) : null,
      algorithms: input.algorithms ?? [...USUAL_ALGORITHMS],
      maxAssertionLifetime: input.maxAssertionLifetime ?? USUAL_LIFETIME_SECONDS,
      singleUse: input.singleUse ?? false,
      enabled: true,
      epoch: makeTokenEpoch(),
      version: 1,
      createdAt: now,
      updatedAt: now,
    };
    return this.changes
      .make(caller, RIGHT, async ({ manager, caller: present, record }) => {
        if ((await manager.countBy(TrustedIssuer, { tenantId: made.tenantId })) >= MOST_ISSUERS) throw new TrustedIssuerLimit(MOST_ISSUERS);
        // Of one that was deleted, clients may be left: whoever signs for it has their rights.
        requireSameRights(present, { scopes: (await rightsThrough(manager, made.tenantId, issuer)).all });
        await manager.insert(TrustedIssuer, made as object);
        await record({ action: AuditAction.CREATE_TRUSTED_ISSUER, on: objectOf(made), after: describe(made) });
        return made;
      })
      .catch((cause) => {
        throw isDuplicate(cause) ? new IssuerTaken({ cause }) : cause;
      });
  }

  /**
   * Changes what may be changed of an issuer; what the input leaves out stays. Disabling one ends what was issued through it.
   * @throws {BadUserInput | TrustedIssuerNotFound | StaleVersion | Forbidden | LastAdministrator}
   */
  update(caller: Principal, issuer: string, input: UpdateTrustedIssuerInput): Promise<TrustedIssuer> {
    const allowance = input.enabled === false ? 'ending' : 'ordinary';
    return this.holders.keep(caller, (requireOthers) =>
      this.changes.make(caller, { ...RIGHT, allowance }, async ({ manager, caller: present, record, requireRoom }) => {
        const before = await requireIssuer(manager, caller, issuer);
        if (input.version != null && input.version !== before.version) throw new StaleVersion('trusted issuer', before.version);
        const through = await rightsThrough(manager, before.tenantId, issuer);
        requireSameRights(present, { scopes: through.all });
        if (!before.enabled) requireRoom();
        const after = this.#merge(before, input);
        if (before.enabled && !after.enabled) await requireOthers(manager, { rights: through.inUse, issuer });
        await manager.update(TrustedIssuer, { id: before.id }, after as object);
        const changed = difference(describe(before), describe({ ...before, ...after }));
        await record({ action: AuditAction.UPDATE_TRUSTED_ISSUER, on: objectOf(before), ...changed });
        return Object.assign(before, after);
      }),
    );
  }

  /**
   * Trusts an issuer no more, and ends what was issued through it. Clients that name it keep their credentials, which prove nothing.
   * @throws {TrustedIssuerNotFound | Forbidden | LastAdministrator}
   */
  delete(caller: Principal, issuer: string): Promise<{ issuer: string }> {
    return this.holders.keep(caller, (requireOthers) =>
      this.changes.make(caller, { ...RIGHT, allowance: 'ending' }, async ({ manager, caller: present, record }) => {
        const before = await requireIssuer(manager, caller, issuer);
        const through = await rightsThrough(manager, before.tenantId, issuer);
        requireSameRights(present, { scopes: through.all });
        if (before.enabled) await requireOthers(manager, { rights: through.inUse, issuer });
        await manager.delete(TrustedIssuer, { id: before.id });
        await record({ action: AuditAction.DELETE_TRUSTED_ISSUER, on: objectOf(before), before: describe(before) });
        return { issuer };
      }),
    );
  }

  #merge(
    before: TrustedIssuer,
    input: UpdateTrustedIssuerInput,
  ): Omit<TrustedIssuer, 'id' | 'tenantId' | 'issuer' | 'issuerKey' | 'createdAt'> {
    const changesKeys = input.jwksUri !== undefined || input.jwks !== undefined;
    if (changesKeys) this.#requireSource(before.issuer, input);
    const enabled = input.enabled ?? before.enabled;
    return {
      name: input.name?.trim() ?? before.name,
      jwksUri: changesKeys ? (input.jwksUri ?? null) : before.jwksUri,
      jwks: changesKeys ? (input.jwks ? usableKeys(input.jwks) : null) : before.jwks,
      algorithms: input.algorithms ?? before.algorithms,
      maxAssertionLifetime: input.maxAssertionLifetime ?? before.maxAssertionLifetime,
      singleUse: input.singleUse ?? before.singleUse,
      enabled,
      epoch: enabled ? before.epoch : makeTokenEpoch(),
      version: before.version + 1,
      updatedAt: new Date(),
    };
  }

  #requireSource(issuer: string, given: Pick<CreateTrustedIssuerInput, 'jwksUri' | 'jwks'>): void {
    const fault = findKeysFault(issuer, given);
    if (fault) throw new BadUserInput([fault]);
    if (given.jwksUri != null) this.outbound.requirePermitted(given.jwksUri, 'input.jwksUri');
    // One that is not asked itself may be of a cluster that nobody else reaches.
    const isAsked = given.jwksUri == null && given.jwks == null;
    if (isAsked || issuer.startsWith('http:')) this.outbound.requirePermitted(issuer, 'input.issuer');
  }
}

async function requireIssuer(manager: EntityManager, { tenant }: TenantContext, issuer: string): Promise<TrustedIssuer> {
  const found = await manager.findOneBy(TrustedIssuer, { tenantId: tenant.id, issuerKey: keyOfIssuer(issuer) });
  if (!found) throw new TrustedIssuerNotFound();
  return found;
}

function objectOf({ issuer }: TrustedIssuer): [AuditObjectType, string] {
  return [AuditObjectType.TRUSTED_ISSUER, issuer];
}

function describe({ name, issuer, jwksUri, jwks, algorithms, maxAssertionLifetime, singleUse, enabled }: TrustedIssuer): Description {
  return { name, issuer, ...(jwksUri ? { jwksUri } : {}), ...(jwks ? { jwks } : {}), algorithms, maxAssertionLifetime, singleUse, enabled };
}
