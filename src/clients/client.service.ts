import type { EntityManager } from 'typeorm';
import { v7 as uuid } from 'uuid';
import type { Change, Changes } from '../changes/changes.service.js';
import { difference } from '../changes/record/audit.service.js';
import { AuditAction, AuditObjectType } from '../changes/record/audit-event.entity.js';
import { isDuplicate } from '../platform/database/faults.js';
import { removeWithin } from '../platform/database/pieces.js';
import { StaleVersion } from '../platform/errors.js';
import type { Outbound } from '../platform/http/outbound.js';
import { toNameKey, toSearchText } from '../platform/search-text.js';
import type { Principal, TenantContext } from '../tenants/caller.js';
import { audiencesFor } from '../tenants/scopes.js';
import { Tenant } from '../tenants/tenant.entity.js';
import { hasSecrets, requireFittingProof, requireOfMethod } from './auth-method.rules.js';
import { Client, ClientAuthMethod, SenderConstraint } from './client.entity.js';
import type { CreateClientInput, UpdateClientInput } from './client.input.js';
import {
  lastTokenExpiry,
  makeTokenEpoch,
  requireAllowedLifetime,
  requireGrantable,
  requireSameRights,
  requireUsableScopes,
} from './client.rules.js';
import { type ClientHolders, lossOf } from './client-holders.service.js';
import { describeClient, requireClient, storeAudiences } from './client-row.service.js';
import type { ClientSecretService } from './client-secret.service.js';
import { CLIENT_DEPENDENTS } from './dependents.js';
import { ClientIdTaken } from './errors.js';
import type { FederatedCredential } from './federation/federated-credential.entity.js';
import type { GivenCredential } from './federation/federated-credential.rules.js';
import { credentialsOf, isOneInForce, noteRights, replaceCredentials } from './federation/federated-credentials.service.js';
import { NO_MATERIAL, type ProofMaterial, withGiven } from './proof-material.js';
import { hintOf, makeSecret, type PlainSecret } from './secret.js';

const DEFAULT_LIFETIME_SECONDS = 3600;
/** Of what goes with a client: each has several indexes. */
const ROWS_AT_ONCE = 250;
const RIGHT = { right: 'clients:write' } as const;

/** What a new client is made of, every default filled in. */
export interface NewClient extends ProofMaterial {
  name: string;
  clientId: string;
  accessTokenLifetime: number;
  scopes: string[];
  audiences: string[];
  authMethod: ClientAuthMethod;
  senderConstraint: SenderConstraint;
}

/** Changes clients. Whoever calls comes first, so that the tenant cannot be forgotten. */
export class ClientService {
  constructor(
    private readonly changes: Changes,
    private readonly secrets: ClientSecretService,
    private readonly holders: ClientHolders,
    private readonly outbound: Outbound,
  ) {}

  /**
   * Registers a client and makes its secret, where its method has one.
   * @returns the secret in the clear, for the one response that shows it
   * @throws {BadUserInput | ClientIdTaken | Forbidden | TenantLimit}
   */
  async create(caller: Principal, input: CreateClientInput): Promise<{ client: Client; clientSecret: PlainSecret | null }> {
    const scopes = input.scopes ?? [];
    const accessTokenLifetime = input.accessTokenLifetime ?? DEFAULT_LIFETIME_SECONDS;
    const authMethod = input.authMethod ?? ClientAuthMethod.SECRET;
    const federatedCredentials = input.federatedCredentials ?? [];
    requireFittingProof(authMethod, input);
    if (input.jwksUri != null) this.outbound.requirePermitted(input.jwksUri, 'input.jwksUri');
    const clientSecret = hasSecrets(authMethod) ? makeSecret() : null;
    const proof = { authMethod, ...withGiven(NO_MATERIAL, input), senderConstraint: input.senderConstraint ?? SenderConstraint.NONE };
    const given = { name: input.name.trim(), clientId: input.clientId, accessTokenLifetime, scopes, ...proof };
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
        const credentials = await replaceCredentials(change.manager, made, { given: federatedCredentials, issuer });
        await change.record({ action: AuditAction.CREATE_CLIENT, on: objectOf(made), after: describeClient(made, credentials) });
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
    if (input.jwksUri != null) this.outbound.requirePermitted(input.jwksUri, 'input.jwksUri');
    return this.holders.keep(caller, (requireOthers) =>
      this.changes.make(caller, { ...RIGHT, allowance }, async ({ manager, caller: present, record, requireRoom }) => {
        const before = await requireClient(manager, caller, clientId);
        if (input.version != null && input.version !== before.version) throw new StaleVersion('client', before.version);
        requireSameRights(present, before);
        if (!before.enabled) requireRoom();
        requireOfMethod(before.authMethod, input);
        const now = new Date();
        const after = {
          accessTokenLifetime: input.accessTokenLifetime ?? before.accessTokenLifetime,
          scopes: input.scopes ?? before.scopes,
          audiences: input.audiences ?? before.audiences,
          enabled: input.enabled ?? before.enabled,
          ...withGiven(before, input),
          senderConstraint: input.senderConstraint ?? before.senderConstraint,
          tokenEpoch: input.enabled === false ? makeTokenEpoch() : before.tokenEpoch,
          tokensExpireBy: lastTokenExpiry(before, now),
          version: before.version + 1,
          updatedAt: now,
        };
        if (input.accessTokenLifetime != null) requireAllowedLifetime(present.tenant, after.accessTokenLifetime);
        requireUsableScopes(after, caller.issuer, input.audiences ? 'input.audiences' : 'input.scopes');
        requireGrantable(present, before, after);
        if (input.scopes) await noteRights(manager, { ...before, ...after });
        const credentials = await changeCredentials(
          manager,
          { ...before, ...after },
          { given: input.federatedCredentials, issuer: caller.issuer },
        );
        const canProve = !credentials || (await isOneInForce(manager, before));
        await requireOthers(manager, lossOf(before, canProve ? after : null));
        await manager.update(Client, { id: before.id }, { ...after, audiences: storeAudiences(after.audiences, caller.issuer) });
        const changed = difference(
          describeClient(before, credentials?.before),
          describeClient({ ...before, ...after }, credentials?.after),
        );
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
        await requireOthers(manager, lossOf(client, null));
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
      previousAuthMethod: null,
      previousMethodEndsAt: null,
      authMethodChangedAt: null,
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

/** Gives a client other credentials, where any are given. @returns those before and after */
async function changeCredentials(
  manager: EntityManager,
  client: Client,
  { given, issuer }: { given: readonly GivenCredential[] | null | undefined; issuer: string },
): Promise<{ before: FederatedCredential[]; after: FederatedCredential[] } | undefined> {
  if (!given) return undefined;
  return { before: await credentialsOf(manager, client), after: await replaceCredentials(manager, client, { given, issuer }) };
}

function objectOf({ clientId }: Client): [AuditObjectType, string] {
  return [AuditObjectType.CLIENT, clientId];
}

/** A signing key stays published for the tokens of clients that are gone as well. */
async function extendLifeOfKeys(manager: EntityManager, { tenant }: TenantContext, until: Date): Promise<void> {
  const query = manager.createQueryBuilder().update(Tenant).set({ tokensExpireBy: until });
  await query.where('id = :id AND (tokensExpireBy IS NULL OR tokensExpireBy < :until)', { id: tenant.id, until }).execute();
}
