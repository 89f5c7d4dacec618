import type { EntityManager } from 'typeorm';
import type { Change } from '../changes/changes.service.js';
import { AuditAction, AuditObjectType } from '../changes/record/audit-event.entity.js';
import { Client, ClientAuthMethod, SenderConstraint } from '../clients/client.entity.js';
import { makeTokenEpoch } from '../clients/client.rules.js';
import type { ClientService } from '../clients/client.service.js';
import { ClientSecret } from '../clients/client-secret.entity.js';
import type { ClientSecretService } from '../clients/client-secret.service.js';
import { NO_MATERIAL } from '../clients/proof-material.js';
import { hintOf, isPossibleSecret, makeSecret, type PlainSecret } from '../clients/secret.js';
import type { Config } from '../platform/config.js';
import { StartupError } from '../platform/errors.js';
import { LONGEST_LIFETIME_SECONDS } from '../platform/graphql/input-rules.js';
import type { Caller } from '../tenants/caller.js';
import { MANAGEMENT_SCOPES, managementAudience, TENANT_SCOPES, toStoredAudience } from '../tenants/scopes.js';

const LIFETIME_SECONDS = 3600;
/** One less than a database holds: it grows by one. */
const MOST_VERSIONS = 2 ** 31 - 2;

/** The setting that may bring the administrator's secret. */
export type AdministratorSettings = Partial<Pick<Config, 'adminClientSecret'>>;

/** A secret for the administrator: the one that was set, or a new one that has to be shown. */
export interface AdministratorSecret {
  secret: PlainSecret;
  hint: string;
  isGenerated: boolean;
}

/**
 * Takes the administrator's secret from the settings, or makes one.
 * @throws {StartupError} when the given one looks like one of ours and is damaged
 */
export function chooseAdministratorSecret({ adminClientSecret }: AdministratorSettings): AdministratorSecret {
  if (adminClientSecret === undefined) {
    const secret = makeSecret();
    return { secret, hint: hintOf(secret), isGenerated: true };
  }
  if (!isPossibleSecret(adminClientSecret)) {
    throw new StartupError('ADMIN_CLIENT_SECRET begins with lk_ but its checksum is wrong: a character of it was lost or changed.');
  }
  return { secret: adminClientSecret, hint: 'ADMIN_CLIENT_SECRET', isGenerated: false };
}

/** What makes clients and their secrets. */
interface ClientServices {
  clients: ClientService;
  secrets: ClientSecretService;
}

/**
 * Gives the administrator's client of a tenant the secret as its only one and all management rights, and cuts
 * the tokens that it had; makes the client when it is missing.
 * @param change within the tenant
 */
export async function putAdministrator(
  change: Change,
  services: ClientServices,
  { clientId, secret }: { clientId: string; secret: AdministratorSecret },
): Promise<Client> {
  const { manager, caller, record } = change;
  const where = { tenantId: caller.tenant.id, clientId };
  await mend(manager, where);
  const existing = await manager.findOneBy(Client, where);
  const client = existing ? await restore(manager, caller, existing) : await insert(change, services, clientId);
  await services.secrets.insert(manager, client, secret);
  const on: [AuditObjectType, string] = [AuditObjectType.CLIENT, clientId];
  await record({ action: AuditAction.RESET_ADMINISTRATOR, on, after: { hint: secret.hint } });
  return client;
}

function insert(change: Change, { clients }: ClientServices, clientId: string): Promise<Client> {
  const { caller } = change;
  return clients.insert(change, {
    name: 'Administrator',
    clientId,
    accessTokenLifetime: LIFETIME_SECONDS,
    scopes: scopesIn(caller),
    audiences: [managementAudience(caller.issuer)],
    authMethod: ClientAuthMethod.SECRET,
    ...NO_MATERIAL,
    senderConstraint: SenderConstraint.NONE,
  });
}

async function restore(manager: EntityManager, caller: Caller, existing: Client): Promise<Client> {
  const audience = toStoredAudience(managementAudience(caller.issuer), caller.issuer);
  const change = {
    authMethod: ClientAuthMethod.SECRET,
    enabled: true,
    scopes: [...new Set([...scopesIn(caller), ...existing.scopes])],
    audiences: [audience, ...existing.audiences.filter((stored) => stored !== audience)],
    tokenEpoch: makeTokenEpoch(),
    version: existing.version + 1,
    updatedAt: new Date(),
  };
  await manager.update(Client, { id: existing.id }, change);
  await manager.delete(ClientSecret, { clientRowId: existing.id });
  return { ...existing, ...change };
}

type Sound = Pick<Client, 'scopes' | 'audiences' | 'accessTokenLifetime' | 'version' | Moment>;
type Moment = 'lastUsedAt' | 'tokensExpireBy' | 'createdAt' | 'updatedAt';

/** What a client cannot do without, and what stands in place of what somebody has written there past the server. */
const SOUND: { [Column in keyof Sound]: { isSound(stored: unknown): boolean; instead(): Sound[Column] } } = {
  scopes: { isSound: isList, instead: () => [] },
  audiences: { isSound: isList, instead: () => [] },
  accessTokenLifetime: { isSound: (stored) => isWithin(stored, LONGEST_LIFETIME_SECONDS), instead: () => LIFETIME_SECONDS },
  version: { isSound: (stored) => isWithin(stored, MOST_VERSIONS), instead: () => 1 },
  lastUsedAt: { isSound: (stored) => stored === null || isMoment(stored), instead: () => null },
  tokensExpireBy: { isSound: (stored) => stored === null || isMoment(stored), instead: () => null },
  createdAt: { isSound: isMoment, instead: () => new Date() },
  updatedAt: { isSound: isMoment, instead: () => new Date() },
};

/** Puts right what is damaged, and empties what is not kept: this is how to get back in. */
async function mend(manager: EntityManager, where: { tenantId: string; clientId: string }): Promise<void> {
  const columns = Object.keys(SOUND) as (keyof Sound)[];
  const query = manager.createQueryBuilder(Client, 'client').select([]).where(where);
  for (const column of columns) query.addSelect(`client.${column}`, column);
  const stored = await query.getRawOne();
  if (!stored) return;
  const damaged = columns.filter((column) => !SOUND[column].isSound(stored[column]));
  await manager.update(Client, where, {
    ...NO_MATERIAL,
    previousAuthMethod: null,
    previousMethodEndsAt: null,
    senderConstraint: SenderConstraint.NONE,
    ...Object.fromEntries(damaged.map((column) => [column, SOUND[column].instead()])),
  });
}

function isWithin(stored: unknown, most: number): boolean {
  return Number.isInteger(stored) && (stored as number) >= 1 && (stored as number) <= most;
}

function isMoment(stored: unknown): boolean {
  return !Number.isNaN(Date.parse(String(stored)));
}

function isList(stored: unknown): boolean {
  try {
    const value: unknown = JSON.parse(String(stored));
    return Array.isArray(value) && value.every((one) => typeof one === 'string');
  } catch {
    return false;
  }
}

/** Tenants are managed from the home tenant alone. */
function scopesIn({ tenant }: Caller): string[] {
  return [...(tenant.isHome ? MANAGEMENT_SCOPES : TENANT_SCOPES)];
}
