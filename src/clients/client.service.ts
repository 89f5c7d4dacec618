import type { EntityManager } from 'typeorm';
import { v7 as uuid } from 'uuid';
import type { Principal, TenantContext } from '../access/principal.js';
import type { Cipher } from '../platform/cipher.js';
import { ClientIdTaken, ClientNotFound, LastAdministrator, StaleVersion } from '../platform/errors.js';
import { type Database, isDuplicate } from '../platform/transaction.js';
import { takeTurn } from '../tenants/tenant.service.js';
import { Client, ClientAuthMethod } from './client.entity.js';
import type { CreateClientInput, UpdateClientInput } from './client.input.js';
import { isAdministrator, requireGrantable, requireUsableScopes } from './client.rules.js';
import { ClientSecret } from './client-secret.entity.js';
import { toNameKey, toSearchText } from './client-text.js';
import { audiencesFor, fromStoredAudience, toStoredAudience } from './scopes.js';
import { digestSecret, hintOf, makeSecret, type PlainSecret } from './secret.js';

const DEFAULT_LIFETIME_SECONDS = 3600;

/** What a new client is made of, every default filled in. */
export interface NewClient {
  name: string;
  clientId: string;
  accessTokenLifetime: number;
  scopes: string[];
  audiences: string[];
}

/** Changes clients. Whoever calls comes first, so that the tenant cannot be forgotten. */
export class ClientService {
  constructor(
    private readonly database: Database,
    private readonly cipher: Cipher,
    private readonly apiAudience: string,
  ) {}

  /**
   * Registers a client and makes its secret.
   * @returns the secret in the clear, for the one response that shows it
   * @throws {BadUserInput | ClientIdTaken | Forbidden}
   */
  async create(caller: Principal, input: CreateClientInput): Promise<{ client: Client; clientSecret: PlainSecret }> {
    const scopes = input.scopes ?? [];
    const audiences = input.audiences ?? audiencesFor(scopes, caller.issuer, this.apiAudience);
    const accessTokenLifetime = input.accessTokenLifetime ?? DEFAULT_LIFETIME_SECONDS;
    const rights = { enabled: true, scopes, audiences };
    requireUsableScopes(rights, caller.issuer, 'input.audiences');
    requireGrantable(caller, null, rights);
    const clientSecret = makeSecret();
    const values = { name: input.name.trim(), clientId: input.clientId, accessTokenLifetime, scopes, audiences };
    const client = await this.database
      .write(async (manager) => {
        const made = await this.insert(manager, caller, values);
        await this.insertSecret(manager, made, { secret: clientSecret, hint: hintOf(clientSecret) });
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
    return this.database.write(async (manager) => {
      await takeTurn(manager, caller.tenant.id);
      const before = await this.get(manager, caller, clientId);
      if (input.version != null && input.version !== before.version) throw new StaleVersion(before.version);
      const now = new Date();
      const after = {
        accessTokenLifetime: input.accessTokenLifetime ?? before.accessTokenLifetime,
        scopes: input.scopes ?? before.scopes,
        audiences: input.audiences ?? before.audiences,
        enabled: input.enabled ?? before.enabled,
        tokensExpireBy: lastTokenExpiry(before, now),
        version: before.version + 1,
        updatedAt: now,
      };
      requireUsableScopes(after, caller.issuer, input.audiences ? 'input.audiences' : 'input.scopes');
      requireGrantable(caller, before, after);
      if (!isAdministrator(after)) await this.requireAnotherAdministrator(manager, before);
      await manager.update(Client, { id: before.id }, { ...after, audiences: store(after.audiences, caller.issuer) });
      return Object.assign(before, after);
    });
  }

  /**
   * Removes a client with its secrets.
   * @returns the moment after which even an API that checks tokens offline refuses its last one
   * @throws {ClientNotFound | LastAdministrator}
   */
  delete(caller: Principal, clientId: string): Promise<{ clientId: string; lastTokenExpiresAt: Date }> {
    return this.database.write(async (manager) => {
      await takeTurn(manager, caller.tenant.id);
      const client = await this.get(manager, caller, clientId);
      await this.requireAnotherAdministrator(manager, client);
      await manager.delete(Client, { id: client.id });
      return { clientId, lastTokenExpiresAt: lastTokenExpiry(client, new Date()) };
    });
  }

  /**
   * Stores a client within a running transaction, without asking who may.
   * @throws when the client id is taken; see `isDuplicate`
   */
  async insert(manager: EntityManager, { tenant, issuer }: TenantContext, values: NewClient): Promise<Client> {
    const now = new Date();
    const client = manager.create(Client, {
      ...values,
      id: uuid(),
      tenantId: tenant.id,
      nameKey: toNameKey(values.name),
      searchText: toSearchText(`${values.name}\n${values.clientId}`),
      audiences: store(values.audiences, issuer),
      authMethod: ClientAuthMethod.SECRET,
      enabled: true,
      tokensExpireBy: null,
      version: 1,
      createdAt: now,
      updatedAt: now,
    });
    await manager.insert(Client, client);
    return Object.assign(client, { audiences: values.audiences });
  }

  /** Stores the digest of a secret of a client within a running transaction. */
  async insertSecret(manager: EntityManager, client: Client, { secret, hint }: { secret: PlainSecret; hint: string }): Promise<void> {
    await manager.insert(ClientSecret, {
      id: uuid(),
      tenantId: client.tenantId,
      clientRowId: client.id,
      digest: digestSecret(this.cipher, client.id, secret),
      keyId: this.cipher.keyId,
      hint,
      createdAt: new Date(),
      expiresAt: null,
    });
  }

  private async get(manager: EntityManager, { tenant, issuer }: TenantContext, clientId: string): Promise<Client> {
    const client = await manager.findOneBy(Client, { tenantId: tenant.id, clientId });
    if (!client) throw new ClientNotFound();
    return present(client, issuer);
  }

  private async requireAnotherAdministrator(manager: EntityManager, client: Client): Promise<void> {
    if (!isAdministrator(client)) return;
    const another = await manager
      .createQueryBuilder(Client, 'client')
      .select('client.id')
      .where('client.tenantId = :tenantId AND client.id <> :id AND client.enabled = :enabled', { ...client, enabled: true })
      .andWhere(`INSTR(client.scopes, '"clients:write"') > 0`)
      .getOne();
    if (!another) throw new LastAdministrator();
  }
}

/** A client as it leaves the database: with whole audiences. */
export function present(client: Client, issuer: string): Client {
  return Object.assign(client, { audiences: client.audiences.map((audience) => fromStoredAudience(audience, issuer)) });
}

function store(audiences: readonly string[], issuer: string): string[] {
  return audiences.map((audience) => toStoredAudience(audience, issuer));
}

/** The latest moment at which a token issued up to now can still be alive. */
function lastTokenExpiry({ enabled, accessTokenLifetime, tokensExpireBy }: Client, now: Date): Date {
  const issuedNow = enabled ? now.getTime() + accessTokenLifetime * 1000 : 0;
  return new Date(Math.max(issuedNow, tokensExpireBy?.getTime() ?? 0, enabled ? 0 : now.getTime()));
}
