import type { EntityManager } from 'typeorm';
import { fromStored } from '../../platform/database/moments.js';
import type { Database } from '../../platform/database/transaction.js';
import { RecentMap } from '../../platform/queues/recent-map.js';
import type { ClientAuthMethod } from '../client.entity.js';
import { type ClientRefusal, ClientRefusals } from './client-refusal.js';

/** Of a client. */
export const MOST_REFUSALS = 10;
const MOST_CLIENTS = 10_000;
const CLIENTS_AT_ONCE = 25;

/** Whom something did not prove, and why. */
export interface Refused {
  tenantId: string;
  /** That it was to prove: there may be no such client. */
  clientId: string;
  address: string;
  authMethod: ClientAuthMethod | null;
  refusal: { refusal: string; about?: string; expected?: string; received?: string };
  /** What a secret that was shown is found by, where it may have been one of the client's that has ended. */
  lookupDigests: readonly string[];
}

interface Note extends Refused {
  at: Date;
}

/** Remembers the last refusals of each client for those who manage it. Requests only note them; `flush` writes what has gathered. */
export class ClientRefusalService {
  #notes = new RecentMap<Note[]>(MOST_CLIENTS);

  constructor(private readonly database: Database) {}

  /** Notes a refusal. */
  note(refused: Refused): void {
    const name = `${refused.tenantId} ${refused.clientId}`;
    const notes = this.#notes.get(name) ?? [];
    notes.push({ ...refused, at: new Date() });
    this.#notes.set(name, notes.slice(-MOST_REFUSALS));
  }

  /**
   * Writes what has gathered, of clients that exist.
   * @throws {DatabaseUnavailable} and what could not be written is forgotten
   */
  async flush(): Promise<void> {
    const all = [...this.#notes.values()];
    this.#notes = new RecentMap(MOST_CLIENTS);
    // In one order, so that instances which write at once wait for each other.
    const sorted = all.toSorted(([one], [other]) => (nameOf(one) < nameOf(other) ? -1 : 1));
    for (let start = 0; start < sorted.length; start += CLIENTS_AT_ONCE) {
      const some = sorted.slice(start, start + CLIENTS_AT_ONCE);
      await this.database.write((manager) => this.#store(manager, some));
    }
  }

  async #store(manager: EntityManager, clients: readonly Note[][]): Promise<void> {
    const rows: { wanted: number; id: string; refusals: string | null }[] = await manager.query(
      selectClients(clients.length) + this.database.dialect({ sqlite: '', mysql: ' FOR UPDATE' }),
      clients.flatMap(([first]) => [first?.tenantId, first?.clientId]),
    );
    const ends = await readEnds(manager, clients.flat());
    for (const { wanted, id, refusals } of rows) {
      const notes = clients[Number(wanted)] ?? [];
      const before = refusals === null ? [] : (JSON.parse(refusals) as ClientRefusal[]);
      const latest = [...notes.map((note) => toRefusal(note, ends)).reverse(), ...before].slice(0, MOST_REFUSALS);
      await manager.upsert(ClientRefusals, { clientRowId: id, refusals: latest }, ['clientRowId']);
    }
  }
}

function nameOf(note: Note | undefined): string {
  return `${note?.tenantId} ${note?.clientId}`;
}

function selectClients(clients: number): string {
  const others = Array.from({ length: clients - 1 }, (_, index) => ` UNION ALL SELECT ${index + 1}, ?, ?`).join('');
  return `SELECT w.wanted, c.id, r.refusals FROM (SELECT 0 AS wanted, ? AS tenant_id, ? AS client_id${others}) w
    JOIN clients c ON c.tenant_id = w.tenant_id AND c.client_id = w.client_id
    LEFT JOIN client_refusals r ON r.client_row_id = c.id`;
}

/** When secrets that were shown have ended, by what they are found by. */
async function readEnds(manager: EntityManager, notes: readonly Note[]): Promise<Map<string, Date>> {
  const ends = new Map<string, Date>();
  for (const [tenantId, ofTenant] of Map.groupBy(notes, (note) => note.tenantId)) {
    const digests = [...new Set(ofTenant.flatMap(({ lookupDigests }) => lookupDigests))];
    if (digests.length === 0) continue;
    const marks = digests.map(() => '?').join(', ');
    // Asked for the end as well SQLite would go through all that a tenant ever rotated.
    const sql = `SELECT lookup_digest, expires_at FROM client_secrets WHERE tenant_id = ? AND lookup_digest IN (${marks})`;
    for (const row of await manager.query(sql, [tenantId, ...digests]))
      if (row.expires_at !== null) ends.set(row.lookup_digest, fromStored(row.expires_at));
  }
  return ends;
}

function toRefusal({ at, address, authMethod, refusal, lookupDigests }: Note, ends: ReadonlyMap<string, Date>): ClientRefusal {
  const end = lookupDigests.map((digest) => ends.get(digest)).find((found) => found !== undefined);
  const reason = end && end <= at ? `the secret ended at ${end.toISOString()}` : refusal.refusal;
  const { about = null, expected = null, received = null } = refusal;
  return { at, address, authMethod, reason, about, expected, received };
}
