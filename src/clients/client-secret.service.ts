import { And, type EntityManager, In, IsNull, LessThanOrEqual, MoreThan, Not } from 'typeorm';
import { v7 as uuid } from 'uuid';
import type { Changes } from '../changes/changes.service.js';
import type { Description } from '../changes/record/audit.service.js';
import { AuditAction, AuditObjectType } from '../changes/record/audit-event.entity.js';
import type { Cipher } from '../platform/cipher.js';
import { removeInPieces } from '../platform/database/pieces.js';
import type { Database } from '../platform/database/transaction.js';
import { madeByRequest, noteMade, requestBegan } from '../platform/deadline.js';
import { BadUserInput, StaleVersion, TooOften } from '../platform/errors.js';
import { RENEWED_AT_A_TIME, type Reach, type Renewal, renewSome } from '../platform/renewal.js';
import type { Caller, Principal } from '../tenants/caller.js';
import { hasSecrets } from './auth-method.rules.js';
import { Client, ClientAuthMethod } from './client.entity.js';
import { makeTokenEpoch, requireSameRights } from './client.rules.js';
import { requireClient } from './client-row.service.js';
import { ClientSecret } from './client-secret.entity.js';
import { LastSecret, SecretLimit, SecretNotFound } from './errors.js';
import { digestSecret, hintOf, lookupDigest, makeSecret, type PlainSecret, type SecretDigest } from './secret.js';
import { end, forgetOldest, reinstate, supersede } from './secret-ends.service.js';

const RIGHT = { right: 'clients:write' } as const;
const MOST_LIVE_SECRETS = 2;
/** For which a way to prove oneself goes on beside the one that takes its place. */
export const LONGEST_OVERLAP_SECONDS = 2_592_000;
/** More than anybody makes of one client who does not do so without a pause: they are kept, and read with it. */
const MOST_MADE_A_DAY = 1_000;
/** Between two, when there are so many. */
const PAUSE_MS = 60_000;
const DAY_MS = 24 * 3_600_000;
/** The longest life of a token, and some. */
const KEPT_AFTER_END_MS = 400 * DAY_MS;
const NO_DIGEST = '' as SecretDigest;

/** How a rotation goes. */
export interface RotationRequest {
  /** For how long the secrets before the new one keep working: 0 to 2,592,000. */
  overlapSeconds: number;
  /** The version of the client that the caller has seen. */
  version?: number | null | undefined;
}

/** Makes, rotates and ends the secrets of clients. */
export class ClientSecretService {
  constructor(
    private readonly database: Database,
    private readonly changes: Changes,
    private readonly cipher: Cipher,
  ) {}

  /**
   * Makes a new secret and lets those before it end after the overlap; with an overlap of 0 they end now.
   * Tokens that were issued go on, but for those of a secret that is forgotten, with so many after it. Of two rotations at once one wins.
   * @returns the new secret in the clear, for the one response that shows it
   * @throws {BadUserInput | ClientNotFound | StaleVersion | Forbidden | SecretLimit}
   */
  async rotate(caller: Principal, clientId: string, request: RotationRequest): Promise<{ client: Client; clientSecret: PlainSecret }> {
    const { overlapSeconds } = request;
    if (overlapSeconds < 0 || overlapSeconds > LONGEST_OVERLAP_SECONDS) {
      const message = `Give 0 to ${LONGEST_OVERLAP_SECONDS} seconds (30 days); 0 ends the secrets before at once.`;
      throw new BadUserInput([{ path: 'overlapSeconds', message }]);
    }
    // Whether it is there is told to whoever still has the right to know, below.
    const seen = await this.database.read((manager) => manager.findOneBy(Client, { tenantId: caller.tenant.id, clientId }));
    const began = requestBegan();
    const clientSecret = makeSecret();
    // At night the secret that leaked is to end at once, whatever else was changed in that minute.
    const allowance = overlapSeconds === 0 ? 'reserved' : 'ordinary';
    return this.changes.make(caller, { ...RIGHT, allowance }, async ({ manager, caller: present, record }) => {
      const client = await requireClient(manager, caller, clientId);
      requireSameRights(present, client);
      requireSecrets(client);
      const now = new Date();
      const isLate = request.version == null && (await wasGivenSecret(manager, client, { after: began, until: now }));
      if (isLate || client.version !== (request.version ?? seen?.version ?? client.version))
        throw new StaleVersion('client', client.version);
      const live = await this.liveSecrets(manager, client, now);
      if (overlapSeconds > 0 && live.length >= MOST_LIVE_SECRETS)
        throw new SecretLimit(present.scopes.includes('clients:read') ? live[0] : undefined);
      await supersede(manager, live, { now, end: new Date(now.getTime() + overlapSeconds * 1000) });
      await this.insertNext(manager, client, clientSecret, now);
      const secrets = { before: live, after: await this.liveSecrets(manager, client, now) };
      await record({ action: AuditAction.ROTATE_CLIENT_SECRET, ...aboutSecrets(client, secrets) });
      return { client: await touch(manager, client, { now }), clientSecret };
    });
  }

  /** Stores another secret of a client that may have had very many. @throws {TooOften} */
  async insertNext(manager: EntityManager, client: Client, secret: PlainSecret, now: Date): Promise<void> {
    await requireFewMade(manager, client, now);
    await this.insert(manager, client, { secret, hint: hintOf(secret) });
    await forgetOldest(manager, client, now);
  }

  /**
   * Ends a secret now, and the tokens that were issued for it. When all that remain would end by themselves,
   * the newest of them stays: it takes its place back.
   * @throws {ClientNotFound | LastSecret | SecretNotFound}
   */
  revoke(caller: Principal, clientId: string, secretId: string): Promise<Client> {
    return this.changes.make(caller, { ...RIGHT, allowance: 'ending' }, async ({ manager, caller: present, record, unchanged }) => {
      const client = await requireClient(manager, caller, clientId);
      requireSameRights(present, client);
      const secret = await manager.findOneBy(ClientSecret, { id: secretId, clientRowId: client.id });
      if (!secret) throw new SecretNotFound();
      if (secret.revokedAt) return unchanged(client);
      const now = new Date();
      const live = await this.liveSecrets(manager, client, now);
      if (client.enabled && hasSecrets(client.authMethod) && live.length === 1 && live[0]?.id === secretId) throw new LastSecret();
      await end(manager, secret, now);
      const others = live.filter(({ id }) => id !== secretId);
      if (hasSecrets(client.authMethod) && others.length > 0 && others.every(({ expiresAt }) => expiresAt !== null))
        await reinstate(manager, others.at(-1) as ClientSecret);
      const secrets = { before: live, after: await this.liveSecrets(manager, client, now) };
      await record({ action: AuditAction.REVOKE_CLIENT_SECRET, ...aboutSecrets(client, secrets) });
      return touch(manager, client, { now, cutsUnnamed: true });
    });
  }

  /**
   * Ends the secret that somebody found where it should not be: whoever has it may say so. The last
   * secret of a client too, for it is nobody's secret any more.
   * @returns the clients that it belonged to; none when it is none of this tenant, or was reported before
   */
  async reportLeak(reporter: Caller, secret: PlainSecret, url?: string): Promise<Client[]> {
    const { tenant } = reporter;
    const digests = this.cipher.keyIds.map((keyId) => lookupDigest(this.cipher, tenant.id, secret, keyId));
    const where = { tenantId: tenant.id, lookupDigest: In(digests), leakedAt: IsNull() };
    if (!(await this.database.read((manager) => manager.existsBy(ClientSecret, where)))) return [];
    return this.changes.perform(reporter, async ({ manager, record, unchanged }) => {
      const now = new Date();
      const clients: Client[] = [];
      for (const found of await manager.findBy(ClientSecret, where)) {
        await end(manager, found, now);
        const leak = { leakedAt: now, leakedFrom: reporter.request.address, leakedUrl: url ?? null };
        await manager.update(ClientSecret, { id: found.id }, leak);
        const client = await manager.findOneByOrFail(Client, { id: found.clientRowId });
        const secrets = { before: [found], after: [] };
        await record({ action: AuditAction.REPORT_LEAK, ...aboutSecrets(client, secrets, { foundAt: url ?? null }) });
        clients.push(await touch(manager, client, { now, cutsUnnamed: true }));
      }
      return clients.length > 0 ? clients : unchanged(clients);
    });
  }

  /** Stores a secret of a client within a running transaction: hashed, or encrypted where it has to sign. */
  async insert(manager: EntityManager, client: Client, { secret, hint }: { secret: PlainSecret; hint: string }): Promise<void> {
    const id = uuid();
    const createdAt = new Date();
    noteMade(id);
    const isHashed = client.authMethod === ClientAuthMethod.SECRET;
    await manager.insert(ClientSecret, {
      id,
      tenantId: client.tenantId,
      clientRowId: client.id,
      digest: isHashed ? digestSecret(this.cipher, client.id, secret) : NO_DIGEST,
      encryptedSecret: isHashed ? null : this.cipher.encrypt(secret, id),
      lookupDigest: lookupDigest(this.cipher, client.tenantId, secret),
      keyId: this.cipher.keyId,
      hint,
      createdAt,
      expiresAt: null,
      useCount: 0,
    });
  }

  /** Encrypts some of the secrets that sign assertions with the current key. @param after those whose id comes after this one */
  reencrypt(reach: Reach, after: string): Promise<Renewal> {
    const { cipher } = this;
    const where = { keyId: Not(cipher.keyId), encryptedSecret: Not(IsNull()), id: MoreThan(after) };
    return renewSome(reach, {
      find: (manager) => manager.find(ClientSecret, { where, order: { id: 'ASC' }, take: RENEWED_AT_A_TIME }),
      idOf: ({ id }) => id,
      nameOf: ({ id }) => `secret ${id}`,
      decrypt: ({ id, encryptedSecret, keyId }) => cipher.decrypt(encryptedSecret as string, id, keyId),
      store: (manager, { id, tenantId, encryptedSecret: former }, secret) => {
        const digest = lookupDigest(cipher, tenantId, secret as PlainSecret);
        const renewed = { encryptedSecret: cipher.encrypt(secret, id), lookupDigest: digest, keyId: cipher.keyId };
        return manager.update(ClientSecret, { id, encryptedSecret: former as string }, renewed);
      },
    });
  }

  /** Forgets secrets whose end is so long ago that no token issued for them is alive. */
  async sweep(now: Date): Promise<void> {
    const end = new Date(now.getTime() - KEPT_AFTER_END_MS);
    await removeInPieces(this.database, { table: 'client_secrets', where: 'expires_at < ?', parameters: [this.database.moment(end)] });
  }

  /** Those of every way that the client proves itself by. Oldest first. */
  async liveSecrets(manager: EntityManager, { id }: Client, now: Date): Promise<ClientSecret[]> {
    const live = [IsNull(), MoreThan(now)].map((expiresAt) => ({ clientRowId: id, expiresAt }));
    return manager.find(ClientSecret, { where: live, order: { createdAt: 'ASC', id: 'ASC' } });
  }
}

/** What happened to the secrets of a client, as the record has it: their hints, and when they end. */
function aboutSecrets(
  { clientId }: Client,
  { before, after }: { before: readonly ClientSecret[]; after: readonly ClientSecret[] },
  more: Description = {},
) {
  const describe = (secrets: readonly ClientSecret[]) => secrets.map(({ id, hint, expiresAt }) => ({ id, hint, expiresAt }));
  return {
    on: [AuditObjectType.CLIENT, clientId] as [AuditObjectType, string],
    before: { liveSecrets: describe(before) },
    after: { liveSecrets: describe(after), ...more },
  };
}

function requireSecrets({ authMethod }: Client): void {
  if (hasSecrets(authMethod)) return;
  throw new BadUserInput([
    { path: 'clientId', message: `This client proves itself by ${authMethod} and has no secret: update it instead.` },
  ]);
}

/** Whether somebody else, or a second click, came first since a request began. What was made later than now was made by a wrong clock. */
function wasGivenSecret(manager: EntityManager, { id }: Client, { after, until }: { after: Date; until: Date }): Promise<boolean> {
  const createdAt = And(MoreThan(after), LessThanOrEqual(until));
  return manager.existsBy(ClientSecret, { clientRowId: id, createdAt, id: Not(In(madeByRequest())) });
}

/** @throws {TooOften} */
async function requireFewMade(manager: EntityManager, { id }: Client, now: Date): Promise<void> {
  const since = MoreThan(new Date(now.getTime() - DAY_MS));
  const [newest, made] = await manager.findAndCount(ClientSecret, {
    select: { id: true, createdAt: true },
    where: { clientRowId: id, createdAt: since },
    order: { createdAt: 'DESC' },
    take: 1,
  });
  const wait = (newest[0]?.createdAt.getTime() ?? 0) + PAUSE_MS - now.getTime();
  if (made < MOST_MADE_A_DAY || wait <= 0) return;
  // Whoever made so many keeps nobody from the one that has to be made at night.
  throw new TooOften(`This client was given ${made} secrets in a day, and one a minute from then on.`, Math.ceil(wait / 1000));
}

/** @param change.cutsUnnamed whether to cut tokens of an older release, which do not say for which secret they were issued */
async function touch(
  manager: EntityManager,
  client: Client,
  { now, cutsUnnamed = false }: { now: Date; cutsUnnamed?: boolean },
): Promise<Client> {
  const tokenEpoch = cutsUnnamed && client.tokenEpoch === '' ? makeTokenEpoch() : client.tokenEpoch;
  const change = { version: client.version + 1, tokenEpoch, updatedAt: now };
  await manager.update(Client, { id: client.id }, change);
  return Object.assign(client, change);
}
