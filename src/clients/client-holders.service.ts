import type { EntityManager } from 'typeorm';
import { waitedInVain } from '../platform/database/faults.js';
import type { Database } from '../platform/database/transaction.js';
import { asAsking } from '../platform/deadline.js';
import type { TenantContext } from '../tenants/caller.js';
import { MANAGEMENT_SCOPES, type ManagementScope, TENANT_SCOPES } from '../tenants/scopes.js';
import { type Client, ClientAuthMethod } from './client.entity.js';
import type { Rights } from './client.rules.js';
import { LastAdministrator } from './errors.js';

/** Who of them can prove who they are, with what does not end by itself. */
const CAN_PROVE = `(c.auth_method = '${ClientAuthMethod.PRIVATE_KEY_JWT}'
  OR EXISTS (SELECT 1 FROM client_secrets s WHERE s.client_row_id = c.id AND s.expires_at IS NULL))`;
/** Where so many have a right and none of them can prove who they are, nobody is searched for any longer. */
const MOST_LOOKED_AT = 1_000;
/** Of clients without an index of who has what: some fifty milliseconds. */
const CLIENTS_AT_ONCE = 10_000;
/** Whoever is found may lose the right before the change is made. */
const MOST_SEARCHES = 5;

/** A client before and after a change; null when it is gone by it. */
interface Transition {
  before: Client;
  after: Pick<Rights, 'enabled' | 'scopes'> | null;
}

/** Within a change: refuses it where nobody else would have a right that it takes. @throws {LastAdministrator} */
export type RequireOthers = (manager: EntityManager, transition: Transition) => Promise<void>;

/** Of each right the row of a client that has it. */
type Holders = Map<ManagementScope, string>;

/** Of some rights it is not known who else has them. */
class HoldersUnknown extends Error {
  constructor(
    readonly rights: readonly ManagementScope[],
    readonly before: Client,
  ) {
    super(`Who else has ${rights.join(', ')} is not known yet.`);
  }
}

/** Who has the rights to manage Latchkey. */
export class ClientHolders {
  /** @param atATime how many clients are looked at in one go, where no index has them by rights */
  constructor(
    private readonly database: Database,
    private readonly atATime = CLIENTS_AT_ONCE,
  ) {}

  /**
   * Makes a change by which a client may lose rights to manage Latchkey. The last of a tenant that has one and can use it keeps it. Those to
   * manage tenants count in the home tenant alone: nowhere else are they of any use.
   *
   * Lock: there may be very many clients, so another one is looked for before the tenant's turn is taken, and looked at once more within it.
   * @param change is begun anew when it turns out who is to be looked for
   */
  async keep<T>(context: TenantContext, change: (requireOthers: RequireOthers) => Promise<T>): Promise<T> {
    const others: Holders = new Map();
    const requireOthers: RequireOthers = async (manager, { before, after }) => {
      const kept = context.tenant.isHome ? MANAGEMENT_SCOPES : TENANT_SCOPES;
      const taken = kept.filter((right) => holds(before, right) && !holds(after, right));
      const unknown = await withoutHolder(manager, { tenantId: context.tenant.id, before }, taken, others);
      if (unknown.length > 0) throw new HoldersUnknown(unknown, before);
    };
    for (let search = 0; ; search += 1) {
      try {
        return await change(requireOthers);
      } catch (error) {
        if (!(error instanceof HoldersUnknown)) throw error;
        if (search === MOST_SEARCHES) throw waitedInVain();
        const found = await asAsking(() => this.#search(context, error));
        const last = error.rights.filter((right) => !found.has(right));
        if (last.length > 0) throw new LastAdministrator(last);
        for (const [right, id] of found) others.set(right, id);
      }
    }
  }

  #search(context: TenantContext, unknown: HoldersUnknown): Promise<Holders> {
    return this.database.dialect({
      sqlite: () => this.#searchByRights(context, unknown),
      mysql: () => this.#searchInPieces(context, unknown),
    })();
  }

  /** In the words of the indexes that SQLite has of each right: it works in this thread. */
  async #searchByRights({ tenant }: TenantContext, { rights, before }: HoldersUnknown): Promise<Holders> {
    const columns = rights.map((right, index) => {
      const some = `SELECT id, auth_method FROM clients WHERE tenant_id = ? AND id <> ? AND enabled = 1 AND ${has(right)} LIMIT ${MOST_LOOKED_AT}`;
      return `(SELECT c.id FROM (${some}) c WHERE ${CAN_PROVE} LIMIT 1) AS holder_${index}`;
    });
    const parameters = rights.flatMap(() => [tenant.id, before.id]);
    return this.database.read(async (manager) => holdersIn(await manager.query(`SELECT ${columns.join(', ')}`, parameters), rights));
  }

  /** Some clients after others, whoever has what: hardly any of them has any. */
  async #searchInPieces({ tenant }: TenantContext, { rights, before }: HoldersUnknown): Promise<Holders> {
    const found: Holders = new Map();
    const columns = rights.map((right, index) => `MAX(CASE WHEN ${has(right)} THEN c.id END) AS holder_${index}`);
    const part = 'FROM clients c USE INDEX (clients_client_id) WHERE c.tenant_id = ? AND c.client_id > ?';
    const hasAny = `c.id <> ? AND c.enabled = 1 AND (${rights.map(has).join(' OR ')}) AND ${CAN_PROVE}`;
    for (let after: string | undefined = ''; after !== undefined && found.size < rights.length; ) {
      const from: string[] = [tenant.id, after];
      after = await this.database.read(async (manager) => {
        const bound = `SELECT c.client_id AS last ${part} ORDER BY c.client_id LIMIT 1 OFFSET ${this.atATime - 1}`;
        const [end]: { last: string }[] = await manager.query(bound, from);
        const upTo = end ? [end.last] : [];
        const sql = `SELECT ${columns.join(', ')} ${part}${end ? ' AND c.client_id <= ?' : ''} AND ${hasAny}`;
        for (const [right, id] of holdersIn(await manager.query(sql, [...from, ...upTo, before.id]), rights)) found.set(right, id);
        return end?.last;
      });
    }
    return found;
  }
}

/** Those of some rights that nobody else has, as far as it is known who might. */
async function withoutHolder(
  manager: EntityManager,
  { tenantId, before }: { tenantId: string; before: Client },
  rights: readonly ManagementScope[],
  holders: Holders,
): Promise<ManagementScope[]> {
  const known = rights.filter((right) => holders.has(right));
  if (known.length === 0) return [...rights];
  const columns = known.map(
    (right, index) =>
      `(SELECT c.id FROM clients c WHERE c.id = ? AND c.id <> ? AND c.tenant_id = ? AND c.enabled = 1 AND ${has(right)} AND ${CAN_PROVE}) AS holder_${index}`,
  );
  const parameters = known.flatMap((right) => [holders.get(right), before.id, tenantId]);
  const held = holdersIn(await manager.query(`SELECT ${columns.join(', ')}`, parameters), known);
  return rights.filter((right) => !held.has(right));
}

function holdersIn([row]: Record<string, string | null>[], rights: readonly ManagementScope[]): Holders {
  const pairs = rights.map((right, index) => [right, row?.[`holder_${index}`]] as const);
  return new Map(pairs.filter((pair): pair is readonly [ManagementScope, string] => typeof pair[1] === 'string'));
}

function has(right: ManagementScope): string {
  return `INSTR(scopes, '"${right}"') > 0`;
}

function holds(client: Transition['after'], right: ManagementScope): boolean {
  return client?.enabled === true && client.scopes.includes(right);
}
