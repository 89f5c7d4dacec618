import type { EntityManager } from 'typeorm';
import { waitedInVain } from '../platform/database/faults.js';
import type { Database } from '../platform/database/transaction.js';
import { asAsking } from '../platform/deadline.js';
import { nextSlice } from '../platform/queues/slices.js';
import { ActorType, type Principal } from '../tenants/caller.js';
import { MANAGEMENT_SCOPES, type ManagementScope, TENANT_SCOPES } from '../tenants/scopes.js';
import { type Client, ClientAuthMethod } from './client.entity.js';
import type { Rights } from './client.rules.js';
import { LastAdministrator } from './errors.js';
import { keyOfIssuer } from './federation/federated-credentials.service.js';

/** Not the client that the change is about, which is a parameter. */
const IS_ANOTHER = 'c.id <> ? AND c.enabled = 1';
/** Who of them can prove who they are, with what does not end by itself, and not by the issuer that the change is about, whose key is a parameter. */
const CAN_PROVE = `(c.auth_method = '${ClientAuthMethod.PRIVATE_KEY_JWT}'
  OR EXISTS (SELECT 1 FROM client_secrets s WHERE s.client_row_id = c.id AND s.expires_at IS NULL)
  OR EXISTS (SELECT 1 FROM federated_credentials f JOIN trusted_issuers i ON i.tenant_id = f.tenant_id AND i.issuer_key = f.issuer_key
    WHERE f.client_row_id = c.id AND i.enabled = 1 AND i.issuer_key <> ?) AND c.auth_method = '${ClientAuthMethod.FEDERATED_JWT}')`;
/** Of those that have a right some milliseconds in this thread, and of those of whom it is not known some tens at most in another. */
const AT_ONCE = { sqlite: 250, mysql: 5_000 };
/** Rows may have a few hundred bytes, or tens of thousands: how many are looked at in one go grows while that takes no time. */
const FIRST_AT_ONCE = 100;
const FEW_MS = 25;
/** Who has been at it for so long waits for others who take long. */
const SHORT_MS = 50;
const MOST_FOUND = 100;
const LONGEST_SEARCH_MS = 10_000;
/** Whoever is found may lose the right before the change is made. */
const MOST_SEARCHES = 5;

/** Rights that a change takes from those who have them, and from whom: from a client, or from all whose way to prove themselves is an issuer. */
interface Loss {
  rights: readonly ManagementScope[];
  clientRowId?: string;
  issuer?: string;
}

/** Within a change: refuses it where nobody else would have a right that it takes. @throws {LastAdministrator} */
export type RequireOthers = (manager: EntityManager, loss: Loss) => Promise<void>;

/** What a client loses by a change. @param after null when it is gone by it, or can no longer prove who it is */
export function lossOf(before: Client, after: Pick<Rights, 'enabled' | 'scopes'> | null): Loss {
  return { rights: MANAGEMENT_SCOPES.filter((right) => holds(before, right) && !holds(after, right)), clientRowId: before.id };
}

/** Of each right the client ids of some who have it. */
type Holders = Map<ManagementScope, string[]>;

/** Of some rights it is not known who else has them. */
class HoldersUnknown extends Error {
  constructor(
    readonly rights: readonly ManagementScope[],
    readonly loss: Loss,
  ) {
    super(`Who else has ${rights.join(', ')} is not known yet.`);
  }
}

/** Who has the rights to manage Latchkey. */
export class ClientHolders {
  /** @param atOnce how many clients are looked at in one go at most */
  constructor(
    private readonly database: Database,
    private readonly atOnce = database.dialect(AT_ONCE),
  ) {}

  /**
   * Makes a change by which a client may lose rights to manage Latchkey. The last of a tenant that has one and can use it keeps it. Those to
   * manage tenants count in the home tenant alone: nowhere else are they of any use.
   *
   * Lock: there may be very many clients, so others are looked for before the tenant's turn is taken, and looked at once more within it.
   * @param change is begun anew when it turns out who is to be looked for
   */
  async keep<T>(caller: Principal, change: (requireOthers: RequireOthers) => Promise<T>): Promise<T> {
    const { tenant, actor } = caller;
    // Whoever takes a right from another has it, as a rule.
    const others = new Set(actor.type === ActorType.CLIENT && actor.id !== null ? [actor.id] : []);
    const requireOthers: RequireOthers = async (manager, loss) => {
      const kept = tenant.isHome ? MANAGEMENT_SCOPES : TENANT_SCOPES;
      const taken = kept.filter((right) => loss.rights.includes(right));
      const held = await findHeld(manager, taken, { loss, tenantId: tenant.id, among: [...others] });
      const unknown = taken.filter((right) => !held.includes(right));
      if (unknown.length > 0) throw new HoldersUnknown(unknown, loss);
    };
    for (let search = 0; ; search += 1) {
      try {
        return await change(requireOthers);
      } catch (error) {
        if (!(error instanceof HoldersUnknown)) throw error;
        if (search === MOST_SEARCHES) throw waitedInVain();
        const found = await asAsking(() => this.#search(tenant.id, error));
        const last = error.rights.filter((right) => !found.has(right));
        if (last.length > 0) throw new LastAdministrator(last);
        for (const clientId of [...found.values()].flat()) others.add(clientId);
      }
    }
  }

  async #search(tenantId: string, { rights, loss }: HoldersUnknown): Promise<Holders> {
    const found: Holders = new Map();
    const end = performance.now() + LONGEST_SEARCH_MS;
    const searches = this.database.dialect({
      sqlite: rights.map((right) => this.#searchByRight(right, tenantId, loss)),
      mysql: [this.#searchAll(rights, tenantId, loss)],
    });
    for (const pieces of searches) {
      for await (const holders of pieces) {
        for (const [right, clientId] of holders) found.set(right, [...(found.get(right) ?? []), clientId].slice(0, MOST_FOUND));
        if (rights.every((right) => found.has(right))) return found;
        if (performance.now() > end) throw waitedInVain();
      }
    }
    return found;
  }

  /** Those that have a right, in the words of the index that SQLite has of it. It works in this thread. */
  async *#searchByRight(right: ManagementScope, tenantId: string, loss: Loss): AsyncGenerator<[ManagementScope, string][]> {
    const sql = `SELECT c.rowid AS place, c.client_id AS clientId, ${CAN_PROVE} AS proves FROM clients c
      WHERE c.tenant_id = ? AND ${has(right)} AND c.rowid > ? AND ${IS_ANOTHER} ORDER BY c.rowid LIMIT ${this.atOnce}`;
    for (let after: number | undefined = 0; after !== undefined; ) {
      await nextSlice();
      const { client, issuer } = exceptionsOf(loss);
      const rows: { place: number; clientId: string; proves: number }[] = await this.database.rows(sql, [issuer, tenantId, after, client]);
      const able = rows.filter(({ proves }) => proves);
      yield able.map(({ clientId }) => [right, clientId]);
      after = able.length > 0 || rows.length < this.atOnce ? undefined : rows.at(-1)?.place;
    }
  }

  /** All clients, whoever has what: hardly any of them has any right. */
  async *#searchAll(rights: readonly ManagementScope[], tenantId: string, loss: Loss): AsyncGenerator<[ManagementScope, string][]> {
    let atOnce = Math.min(FIRST_AT_ONCE, this.atOnce);
    let tookMs = 0;
    for (let after: string | undefined = ''; after !== undefined; ) {
      const part: Part = { tenantId, after, atOnce };
      const piece = await this.database.read((manager) => lookAtPart(manager, part, rights, loss), { isLong: tookMs > SHORT_MS });
      yield piece.holders;
      after = piece.last;
      tookMs += piece.tookMs;
      atOnce = Math.min(Math.ceil(piece.tookMs < FEW_MS ? atOnce * 2 : atOnce / 2), this.atOnce);
    }
  }
}

/** Some clients of a tenant in the order of their client ids. */
interface Part {
  tenantId: string;
  after: string;
  atOnce: number;
}

async function lookAtPart(manager: EntityManager, { tenantId, after, atOnce }: Part, rights: readonly ManagementScope[], loss: Loss) {
  const began = performance.now();
  const part = 'FROM clients c USE INDEX (clients_client_id) WHERE c.tenant_id = ? AND c.client_id > ?';
  const bound = `SELECT c.client_id AS last ${part} ORDER BY c.client_id LIMIT 1 OFFSET ${atOnce - 1}`;
  const [end]: { last: string }[] = await manager.query(bound, [tenantId, after]);
  const columns = rights.map((right, index) => `${has(right)} AS right_${index}`);
  const who = `${IS_ANOTHER} AND (${rights.map(has).join(' OR ')}) AND ${CAN_PROVE}`;
  const sql = `SELECT c.client_id AS clientId, ${columns.join(', ')} ${part}${end ? ' AND c.client_id <= ?' : ''} AND ${who}`;
  const { client, issuer } = exceptionsOf(loss);
  const rows: Flags[] = await manager.query(sql, [tenantId, after, ...(end ? [end.last] : []), client, issuer]);
  const holders = rows.flatMap((row) => flagged(rights, row).map((right): [ManagementScope, string] => [right, String(row.clientId)]));
  return { holders, last: end?.last, tookMs: performance.now() - began };
}

/** Those of some rights that one of some clients has and can use, whatever the change takes. */
async function findHeld(
  manager: EntityManager,
  rights: readonly ManagementScope[],
  { loss, tenantId, among }: { loss: Loss; tenantId: string; among: readonly string[] },
): Promise<ManagementScope[]> {
  if (rights.length === 0 || among.length === 0) return [];
  const columns = rights.map((right, index) => `MAX(${has(right)}) AS right_${index}`);
  const some = among.map(() => '?').join(', ');
  const sql = `SELECT ${columns.join(', ')} FROM clients c WHERE c.tenant_id = ? AND c.client_id IN (${some}) AND ${IS_ANOTHER} AND ${CAN_PROVE}`;
  const { client, issuer } = exceptionsOf(loss);
  const [row]: Flags[] = await manager.query(sql, [tenantId, ...among, client, issuer]);
  return flagged(rights, row);
}

/** Of each right, by where it stands, whether somebody has it. */
type Flags = Record<string, string | number | null>;

function flagged(rights: readonly ManagementScope[], row: Flags | undefined): ManagementScope[] {
  return rights.filter((_, index) => Number(row?.[`right_${index}`]));
}

/** What no row has where nothing is to be left out. */
function exceptionsOf({ clientRowId = '', issuer }: Loss): { client: string; issuer: string } {
  return { client: clientRowId, issuer: issuer === undefined ? '' : keyOfIssuer(issuer) };
}

function has(right: ManagementScope): string {
  return `INSTR(scopes, '"${right}"') > 0`;
}

function holds(client: Pick<Rights, 'enabled' | 'scopes'> | null, right: ManagementScope): boolean {
  return client?.enabled === true && client.scopes.includes(right);
}
