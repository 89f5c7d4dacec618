import type { EntityManager } from 'typeorm';
import { v7 as uuid } from 'uuid';
import type { Change, Changes } from '../changes/changes.service.js';
import { difference } from '../changes/record/audit.service.js';
import { AuditAction, AuditObjectType } from '../changes/record/audit-event.entity.js';
import { isDuplicate } from '../platform/database/faults.js';
import { removeWithin } from '../platform/database/pieces.js';
import { BadUserInput, StaleVersion } from '../platform/errors.js';
import { toNameKey, toSearchText } from '../platform/search-text.js';
import type { Principal, TenantContext } from '../tenants/caller.js';
import { audiencesFor } from '../tenants/scopes.js';
import { Tenant } from '../tenants/tenant.entity.js';
import { Client, ClientAuthMethod } from './client.entity.js';
import type { CreateClientInput, UpdateClientInput } from './client.input.js';
import {
  lastTokenExpiry,
  makeTokenEpoch,
  requireAllowedLifetime,
  requireGrantable,
  requireSameRights,
  requireUsableScopes,
} from './client.rules.js';
import type { ClientHolders } from './client-holders.service.js';
import { describeClient, requireClient, storeAudiences } from './client-row.service.js';
import type { ClientSecretService } from './client-secret.service.js';
import { CLIENT_DEPENDENTS } from './dependents.js';
import { ClientIdTaken } from './errors.js';
import { type PublicJwks, usedOf } from './keys/public-jwks.js';
import { hintOf, makeSecret, type PlainSecret } from './secret.js';

const DEFAULT_LIFETIME_SECONDS = 3600;
/** Of what goes with a client: each has several indexes. */
const ROWS_AT_ONCE = 250;
const RIGHT = { right: 'clients:write' } as const;

/** What a new client is made of, every default filled in. */
export interface NewClient {
  name: string;
  clientId: string;
  accessTokenLifetime: number;
  scopes: string[];
  audiences: string[];
  authMethod: ClientAuthMethod;
  /** Only with `PRIVATE_KEY_JWT`. */
  jwks: PublicJwks | null;
}

/** Changes clients. Whoever calls comes first, so that the tenant cannot be forgotten. */
export class ClientService {
  constructor(
    private readonly changes: Changes,
    private readonly secrets: ClientSecretService,
    private readonly holders: ClientHolders,
  ) {}

  /**
   * Registers a client and makes its secret; one with `PRIVATE_KEY_JWT` has none.
   * @returns the secret in the clear, for the one response that shows it
   * @throws {BadUserInput | ClientIdTaken | Forbidden | TenantLimit}
   */
  async create(caller: Principal, input: CreateClientInput): Promise<{ client: Client; clientSecret: PlainSecret | null }> {
    const scopes = input.scopes ?? [];
    const accessTokenLifetime = input.accessTokenLifetime ?? DEFAULT_LIFETIME_SECONDS;
    const authMethod = input.authMethod ?? ClientAuthMethod.SECRET;
    const jwks = input.jwks ? usedOf(input.jwks) : null;
    requireFittingJwks(authMethod, jwks);
    const clientSecret = authMethod === ClientAuthMethod.PRIVATE_KEY_JWT ? null : makeSecret();
    const given = { name: input.name.trim(), clientId: input.clientId, accessTokenLifetime, scopes, authMethod, jwks };
    const client = await this.changes
      .make(caller, RIGHT, async (change) => {
        const { tenant, issuer } = change.caller;
        const audiences = input.audiences ?? audiencesFor(scopes, issuer, tenant.defaultAudience);
        const rights = { enabled: true, scopes, audiences };
        requireAllowedLifetime(tenant, accessTokenLifetime);
        requireUsableScopes(rights, issuer, 'input.audiences');
        requireGrantable(change.caller, null, rights);
        const made = await this.insert(change, { ...given, audiences });
        if (clientSecret) await this.secrets.insert(change.manager, made, { secret: clientSecret, hint: hintOf(clientSecret) });
        await change.record({ action: AuditAction.CREATE_CLIENT, on: objectOf(made), after: describeClient(made) });
        return made;
      })
      .catch((cause) => {
        throw isDuplicate(cause) ? new ClientIdTaken(input.clientId, { cause }) : cause;
      });
    return { client, clientSecret };
  }

  /**
   * Changes what may be changed of a client; what the input leaves out stays.
   * @throws {ClientNotFound | StaleVersion | BadUserInput | Forbidden | LastAdministrator}
   */
  update(caller: Principal, clientId: string, input: UpdateClientInput): Promise<Client> {
    const allowance = input.enabled === false ? 'ending' : 'ordinary';
    return this.holders.keep(caller, (requireOthers) =>
      this.changes.make(caller, { ...RIGHT, allowance }, async ({ manager, caller: present, record, requireRoom }) => {
        const before = await requireClient(manager, caller, clientId);
        if (input.version != null && input.version !== before.version) throw new StaleVersion('client', before.version);
        requireSameRights(present, before);
        if (!before.enabled) requireRoom();
        if (input.jwks) requireFittingJwks(before.authMethod, input.jwks);
        const now = new Date();
        const after = {
          accessTokenLifetime: input.accessTokenLifetime ?? before.accessTokenLifetime,
          scopes: input.scopes ?? before.scopes,
          audiences: input.audiences ?? before.audiences,
          enabled: input.enabled ?? before.enabled,
          jwks: input.jwks ? usedOf(input.jwks) : before.jwks,
          tokenEpoch: input.enabled === false ? makeTokenEpoch() : before.tokenEpoch,
          tokensExpireBy: lastTokenExpiry(before, now),
          version: before.version + 1,
          updatedAt: now,
        };
        if (input.accessTokenLifetime != null) requireAllowedLifetime(present.tenant, after.accessTokenLifetime);
        requireUsableScopes(after, caller.issuer, input.audiences ? 'input.audiences' : 'input.scopes');
        requireGrantable(present, before, after);
        await requireOthers(manager, { before, after });
        await manager.update(Client, { id: before.id }, { ...after, audiences: storeAudiences(after.audiences, caller.issuer) });
        const changed = difference(describeClient(before), describeClient({ ...before, ...after }));
        await record({ action: AuditAction.UPDATE_CLIENT, on: objectOf(before), ...changed });
        return Object.assign(before, after);
      }),
    );
  }

  /**
   * Removes a client with its secrets.
   * @returns the moment after which even an API that checks tokens offline refuses its last one
   * @throws {ClientNotFound | LastAdministrator}
   */
  delete(caller: Principal, clientId: string): Promise<{ clientId: string; lastTokenExpiresAt: Date }> {
    return this.holders.keep(caller, (requireOthers) =>
      this.changes.make(caller, { ...RIGHT, allowance: 'ending' }, async ({ manager, caller: present, record, countClient }) => {
        const client = await requireClient(manager, caller, clientId);
        requireSameRights(present, client);
        await requireOthers(manager, { before: client, after: null });
        const lastTokenExpiresAt = lastTokenExpiry(client, new Date());
        // They would go with it, all at once.
        for (const { entity, by } of CLIENT_DEPENDENTS) {
          const table = manager.getRepository(entity).metadata.tableName;
          await removeWithin(manager, { table, where: `${by} = ?`, parameters: [client.id], atATime: ROWS_AT_ONCE });
        }
        // Before the row is gone: it may be counted anew.
        await countClient(-1);
        await manager.delete(Client, { id: client.id });
        await extendLifeOfKeys(manager, caller, lastTokenExpiresAt);
        await record({ action: AuditAction.DELETE_CLIENT, on: objectOf(client), before: describeClient(client) });
        return { clientId, lastTokenExpiresAt };
      }),
    );
  }

  /**
   * Cuts every token that was issued to a client until now. It may get new ones.
   * @returns the moment after which even an API that checks tokens offline refuses the last of them
   * @throws {ClientNotFound}
   */
  revokeTokens(caller: Principal, clientId: string): Promise<{ client: Client; lastTokenExpiresAt: Date }> {
    return this.changes.make(caller, { ...RIGHT, allowance: 'reserved' }, async ({ manager, caller: present, record }) => {
      const client = await requireClient(manager, caller, clientId);
      requireSameRights(present, client);
      await manager.update(Client, { id: client.id }, { tokenEpoch: makeTokenEpoch() });
      const lastTokenExpiresAt = lastTokenExpiry(client, new Date());
      await record({ action: AuditAction.REVOKE_CLIENT_TOKENS, on: objectOf(client), after: { lastTokenExpiresAt } });
      return { client, lastTokenExpiresAt };
    });
  }

  /**
   * Stores a client, without asking who may.
   * @throws when the client id is taken; see `isDuplicate`
   */
  async insert({ manager, caller: { tenant, issuer }, countClient }: Change, values: NewClient): Promise<Client> {
    await countClient(1);
    const now = new Date();
    const client = manager.create(Client, {
      ...values,
      id: uuid(),
      tenantId: tenant.id,
      nameKey: toNameKey(values.name),
      searchText: toSearchText(`${values.name}\n${values.clientId}`),
      audiences: storeAudiences(values.audiences, issuer),
      enabled: true,
      tokenEpoch: makeTokenEpoch(),
      lastUsedAt: null,
      tokensExpireBy: null,
      version: 1,
      createdAt: now,
      updatedAt: now,
    });
    await manager.insert(Client, client);
    return Object.assign(client, { audiences: values.audiences });
  }
}

function objectOf({ clientId }: Client): [AuditObjectType, string] {
  return [AuditObjectType.CLIENT, clientId];
}

function requireFittingJwks(authMethod: ClientAuthMethod, jwks: PublicJwks | null): void {
  const needsKeys = authMethod === ClientAuthMethod.PRIVATE_KEY_JWT;
  if (needsKeys && !jwks) throw new BadUserInput([{ path: 'input.jwks', message: 'A client with PRIVATE_KEY_JWT needs its public keys.' }]);
  if (!needsKeys && jwks)
    throw new BadUserInput([{ path: 'input.jwks', message: 'Only a client with PRIVATE_KEY_JWT has keys of its own.' }]);
}

/** A signing key stays published for the tokens of clients that are gone as well. */
async function extendLifeOfKeys(manager: EntityManager, { tenant }: TenantContext, until: Date): Promise<void> {
  const query = manager.createQueryBuilder().update(Tenant).set({ tokensExpireBy: until });
  await query.where('id = :id AND (tokensExpireBy IS NULL OR tokensExpireBy < :until)', { id: tenant.id, until }).execute();
}
