import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { type EntityManager, type FindOptionsWhere, In } from 'typeorm';
import type { Change, Changes } from '../changes/changes.service.js';
import { AuditAction, AuditObjectType } from '../changes/record/audit-event.entity.js';
import { whereSessionHolds } from '../changes/rights.service.js';
import type { RegisteredClient } from '../clients/registered-client.js';
import type { Cipher } from '../platform/cipher.js';
import { fromStored } from '../platform/database/moments.js';
import { removeInPieces } from '../platform/database/pieces.js';
import type { Database } from '../platform/database/transaction.js';
import { ReferenceGone } from '../platform/errors.js';
import { HourlyCounts } from '../platform/hourly-counts.js';
import { type Actor, ActorType, type Caller, type TenantContext } from '../tenants/caller.js';
import { isManagementScope } from '../tenants/scopes.js';
import { anySubject, Session } from './session.entity.js';

const RANDOM_BYTES = 32;
const RANDOM_CHARACTERS = 43;
const MARK_BYTES = 8;
/** How long what a session's cookie holds is, in base64url: what is at random, and a mark. */
export const SESSION_TOKEN_CHARACTERS = RANDOM_CHARACTERS + 11;
const LONGEST_SECONDS = 3600;
const MOST_SESSIONS = 20;
/** Of a tenant's people together: when they all end they go at once. */
const MOST_OF_PEOPLE = 5_000;
/** Each writes to the record of the tenant, which others need as well. */
const MOST_SIGN_INS_AN_HOUR = 120;

/** A session that begins: what its cookie holds, in the clear, and until when. */
export interface NewSession {
  token: string;
  expiresAt: Date;
  scopes: readonly string[];
}

/** Who a session belongs to, and what they may do at this moment. */
export interface SessionHolder {
  actor: Actor;
  scopes: string[];
  expiresAt: Date;
  /** Of the session's row. */
  sessionId: string;
}

interface SessionRow {
  client_id: string | null;
  client_scopes: string | null;
  subject: string | null;
  name: string | null;
  scopes: string;
  expires_at: Date | string;
}

const HOLDER = 'c.client_id, c.scopes AS client_scopes, s.subject, s.name, s.scopes, s.expires_at';

/** What a session is of, apart from the request that began it. */
type Holder = Pick<Session, 'clientRowId' | 'tokenEpoch' | 'secretId' | 'subject' | 'name' | 'scopes'>;

/**
 * Sessions of the console. The database has a hash of what the cookie holds, and is asked at each request: what
 * ends a client's tokens ends its sessions.
 */
export class SessionService {
  readonly #signIns = new HourlyCounts(MOST_SIGN_INS_AN_HOUR, 'sign-ins');

  constructor(
    private readonly database: Database,
    private readonly changes: Changes,
    private readonly cipher: Cipher,
  ) {}

  /** Whether what a cookie holds was made for a session of this tenant, which may have ended. That of an older release does not tell. */
  hasMade({ tenant }: TenantContext, token: string): boolean {
    if (token.length !== SESSION_TOKEN_CHARACTERS) return false;
    const [random, mark] = [token.slice(0, RANDOM_CHARACTERS), Buffer.from(token.slice(RANDOM_CHARACTERS), 'base64url')];
    return mark.length === MARK_BYTES && this.cipher.keyIds.some((keyId) => timingSafeEqual(mark, this.#markOf(tenant.id, random, keyId)));
  }

  #markOf(tenantId: string, random: string, keyId?: string): Buffer {
    return this.cipher.mac(`session of ${tenantId} ${random}`, keyId).subarray(0, MARK_BYTES);
  }

  #makeToken({ tenant }: TenantContext): string {
    const random = randomBytes(RANDOM_BYTES).toString('base64url');
    return random + this.#markOf(tenant.id, random).toString('base64url');
  }

  /** Counts a sign-in of somebody who proved who they are. @throws {TooOften} */
  count({ tenant, actor }: Caller): void {
    const name = [tenant.id, actor.type, actor.id].join(' ');
    this.#signIns.require(name);
    this.#signIns.count(name);
  }

  /**
   * Lets a client in that proved who it is: for an hour, or for as long as its tokens live when that is shorter.
   * @returns undefined when it was deleted in the meantime
   * @throws {TooOften | TenantLimit}
   */
  async beginForClient(caller: Caller, client: RegisteredClient, secretId: string): Promise<NewSession | undefined> {
    this.count(caller);
    const { rowId, tokenEpoch, accessTokenLifetimeSeconds } = client;
    const seconds = Math.min(accessTokenLifetimeSeconds, LONGEST_SECONDS);
    const scopes = client.scopes.filter(isManagementScope);
    const holder = { clientRowId: rowId, tokenEpoch, secretId, subject: null, name: null };
    return this.changes
      .admit(caller, (change) => begin(change, this.#makeToken(caller), { ...holder, scopes, seconds }))
      .catch((error) => {
        if (error instanceof ReferenceGone) return undefined;
        throw error;
      });
  }

  /** Lets a person in, who makes the change. */
  beginForPerson(change: Change, scopes: string[]): Promise<NewSession> {
    const { id: subject, name } = change.caller.actor;
    const holder = { clientRowId: null, tokenEpoch: '', secretId: null, subject, name };
    return begin(change, this.#makeToken(change.caller), { ...holder, scopes, seconds: LONGEST_SECONDS });
  }

  /** Who a session belongs to. @returns undefined when there is none, any more, in this tenant */
  async find({ tenant }: TenantContext, token: string): Promise<SessionHolder | undefined> {
    const now = this.database.moment(new Date());
    const sessionId = hash(token);
    const { sql, parameters } = whereSessionHolds(tenant.id, { sessionId }, now);
    const [row]: SessionRow[] = await this.database.read((manager) => manager.query(`SELECT ${HOLDER} ${sql}`, parameters));
    return row && { ...toHolder(row), sessionId };
  }

  /** Ends a session. @param caller who has it */
  async end(caller: Caller, token: string): Promise<void> {
    const id = hash(token);
    await this.changes.perform(caller, async ({ manager, record, unchanged }) => {
      const { affected } = await manager.delete(Session, { id, tenantId: caller.tenant.id });
      if (!affected) return unchanged(undefined);
      await record({ action: AuditAction.SIGN_OUT, on: objectOf(id) });
    });
  }

  /** Ends the sessions of all people of a tenant, within a running transaction. */
  async endForPersons(manager: EntityManager, { tenant }: TenantContext): Promise<void> {
    await manager.delete(Session, { tenantId: tenant.id, subject: anySubject() });
  }

  /** Forgets sessions that are over. */
  async sweep(now: Date): Promise<void> {
    await removeInPieces(this.database, { table: 'sessions', where: 'expires_at < ?', parameters: [this.database.moment(now)] });
  }
}

async function begin(
  { manager, caller, record }: Change,
  token: string,
  { seconds, ...holder }: Holder & { seconds: number },
): Promise<NewSession> {
  const id = hash(token);
  const createdAt = new Date();
  const expiresAt = new Date(createdAt.getTime() + seconds * 1000);
  const { scopes } = holder;
  await manager.insert(Session, { ...holder, id, tenantId: caller.tenant.id, createdAt, expiresAt });
  const { clientRowId, subject } = holder;
  const tenantId = caller.tenant.id;
  // Whoever signs in again and again has no more sessions than anybody needs.
  await endOldest(manager, { tenantId, ...(subject === null ? { clientRowId: clientRowId as string } : { subject }) }, MOST_SESSIONS);
  // Who comes through a provider may be somebody else each time.
  if (subject !== null) await endOldest(manager, { tenantId, subject: anySubject() }, MOST_OF_PEOPLE);
  await record({ action: AuditAction.SIGN_IN, on: objectOf(id), after: { scopes, expiresAt } });
  return { token, expiresAt, scopes };
}

/** Ends what some have too many of; a few too many are ended at a time. */
async function endOldest(manager: EntityManager, where: FindOptionsWhere<Session>, most: number): Promise<void> {
  const sessions = await manager.find(Session, { select: { id: true }, where, order: { createdAt: 'DESC' }, skip: most, take: 100 });
  if (sessions.length > 0) await manager.delete(Session, { id: In(sessions.map(({ id }) => id)) });
}

function hash(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}

function objectOf(id: string): [AuditObjectType, string] {
  return [AuditObjectType.SESSION, id];
}

function toHolder(row: SessionRow): Omit<SessionHolder, 'sessionId'> {
  const isPerson = row.subject !== null;
  const scopes = JSON.parse((isPerson ? row.scopes : row.client_scopes) as string) as string[];
  return {
    actor: {
      type: isPerson ? ActorType.PERSON : ActorType.CLIENT,
      id: isPerson ? row.subject : row.client_id,
      name: row.name,
    },
    scopes: scopes.filter(isManagementScope),
    expiresAt: fromStored(row.expires_at),
  };
}
