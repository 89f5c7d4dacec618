import { setImmediate } from 'node:timers/promises';
import type { EntityManager } from 'typeorm';
import { removeInPieces } from '../../platform/database/pieces.js';
import type { Database } from '../../platform/database/transaction.js';
import { ClientSecret } from '../client-secret.entity.js';
import type { SecretDigest } from '../secret.js';
import { toHour, type UsedProof, UseTally } from './use-tally.js';

/** Of each table. The row of a client may have 40 KB, and is written anew. */
const ROWS_AT_ONCE = 100;
const KEPT_HOURS = 24 * 90;

/** A secret that was used and whose digests were made with an earlier key: those that take their place. */
export interface NewDigests {
  secretId: string;
  digest: SecretDigest;
  lookupDigest: string;
  keyId: string;
}

/** A proof of who a client is. */
export interface Use extends UsedProof {
  clientRowId: string;
  ip: string;
}

/**
 * Remembers who got tokens and who was refused. Requests only add to a tally in memory; `flush` writes
 * what has gathered, as additions, so that several instances can do so at once.
 */
export class ClientUseService {
  #tally = new UseTally();
  readonly #newDigests = new Map<string, NewDigests>();

  constructor(private readonly database: Database) {}

  /** Remembers that a client proved who it is, for whatever purpose. */
  used({ clientRowId, ...use }: Use): void {
    this.#tally.use(clientRowId, { ...use, at: Date.now() });
  }

  /** Counts an answer of the token endpoint to a client that exists. */
  count(clientRowId: string, outcome: 'issued' | 'refused'): void {
    this.#tally.count(clientRowId, outcome, Date.now());
  }

  /** Lets the next flush store other digests of a secret. */
  renewDigests(digests: NewDigests): void {
    this.#newDigests.set(digests.secretId, digests);
  }

  /**
   * Writes what has gathered. What cannot be written stays for the next time.
   * @throws {DatabaseUnavailable}
   */
  async flush(): Promise<void> {
    const tally = this.#tally;
    const digests = [...this.#newDigests.values()];
    if (tally.isEmpty && digests.length === 0) return;
    this.#tally = new UseTally();
    const parts = [...tally.split(ROWS_AT_ONCE)];
    try {
      await this.#renew(digests);
      for (let part = parts[0]; part; part = parts[0]) {
        await this.#store(part);
        parts.shift();
      }
    } catch (error) {
      for (const part of parts) this.#tally.merge(part);
      throw error;
    }
  }

  async #renew(renewed: readonly NewDigests[]): Promise<void> {
    for (let start = 0; start < renewed.length; start += ROWS_AT_ONCE) {
      const some = renewed.slice(start, start + ROWS_AT_ONCE);
      await this.database.write(async (manager) => {
        for (const { secretId, ...digests } of some) await manager.update(ClientSecret, { id: secretId }, digests);
      });
      for (const stored of some) if (this.#newDigests.get(stored.secretId) === stored) this.#newDigests.delete(stored.secretId);
    }
  }

  /** Removes counts that nobody looks at any more. */
  async sweep(now: Date): Promise<void> {
    const oldest = toHour(now.getTime()) - KEPT_HOURS;
    await removeInPieces(this.database, { table: 'client_hours', where: 'hour < ?', parameters: [oldest] });
  }

  #store(part: UseTally): Promise<void> {
    const moment = (milliseconds: number) => this.database.moment(new Date(milliseconds));
    const [secrets, credentials] = [part.secrets(), part.credentials()].map((uses) =>
      uses.map(({ id, count, at, ip }) => [id, count, moment(at), ip]),
    );
    const methods = part.methods().map(({ id, count, at, ip }) => [...id.split(' '), count, moment(at), ip]);
    const clients = part.clients().map(({ id, at }) => [id, moment(at)]);
    const hours = part.hours().map(({ id, hour, issued, refused }) => [id, hour, issued, refused]);
    return this.database.write(async (manager) => {
      await run(manager, secrets as unknown[][], this.database.dialect(addUsesTo('client_secrets')));
      await run(manager, credentials as unknown[][], this.database.dialect(addUsesTo('federated_credentials')));
      await run(manager, methods, this.database.dialect(ADD_TO_PROOFS));
      await run(manager, clients, this.database.dialect(ADD_TO_CLIENTS));
      await run(manager, hours, this.database.dialect(ADD_TO_HOURS));
    });
  }
}

/** In the order of the ids, so that instances that write at once wait for each other instead of locking each other out. */
async function run(manager: EntityManager, rows: readonly unknown[][], statement: (rows: string) => string): Promise<void> {
  const sorted = rows.toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1));
  const [first, ...others] = sorted.map((row) => row.map(() => '?'));
  if (!first) return;
  const named = first.map((mark, index) => `${mark} AS c${index}`).join(', ');
  const union = [`SELECT ${named}`, ...others.map((marks) => `SELECT ${marks.join(', ')}`)].join(' UNION ALL ');
  await manager.query(statement(union), sorted.flat());
  // SQLite works in this thread: requests go on between two statements.
  await setImmediate();
}

const addUsesTo = (table: string) => ({
  sqlite: (rows: string) => `UPDATE ${table} SET use_count = use_count + u.c1,
      last_used_ip = CASE WHEN last_used_at IS NULL OR u.c2 >= last_used_at THEN u.c3 ELSE last_used_ip END,
      last_used_at = MAX(COALESCE(last_used_at, u.c2), u.c2)
    FROM (${rows}) u WHERE u.c0 = ${table}.id`,
  mysql: (rows: string) => `UPDATE ${table} s JOIN (${rows}) u ON u.c0 = s.id SET s.use_count = s.use_count + u.c1,
      s.last_used_ip = IF(s.last_used_at IS NULL OR CAST(u.c2 AS DATETIME(3)) >= s.last_used_at, u.c3, s.last_used_ip),
      s.last_used_at = GREATEST(COALESCE(s.last_used_at, CAST(u.c2 AS DATETIME(3))), CAST(u.c2 AS DATETIME(3)))`,
});

/** Only for clients that are still there. */
const ADD_TO_PROOFS = {
  sqlite: (rows: string) => `INSERT INTO client_proofs (client_row_id, auth_method, last_used_at, last_used_ip, use_count)
    SELECT c.id, u.c1, u.c3, u.c4, u.c2 FROM (${rows}) u JOIN clients c ON c.id = u.c0 WHERE true
    ON CONFLICT (client_row_id, auth_method) DO UPDATE SET use_count = use_count + excluded.use_count,
      last_used_ip = CASE WHEN excluded.last_used_at >= last_used_at THEN excluded.last_used_ip ELSE last_used_ip END,
      last_used_at = MAX(last_used_at, excluded.last_used_at)`,
  mysql: (rows: string) => `INSERT INTO client_proofs (client_row_id, auth_method, last_used_at, last_used_ip, use_count)
    SELECT c.id, u.c1, CAST(u.c3 AS DATETIME(3)), u.c4, u.c2 FROM (${rows}) u JOIN clients c ON c.id = u.c0
    ON DUPLICATE KEY UPDATE use_count = client_proofs.use_count + VALUES(use_count),
      last_used_ip = IF(VALUES(last_used_at) >= client_proofs.last_used_at, VALUES(last_used_ip), client_proofs.last_used_ip),
      last_used_at = GREATEST(client_proofs.last_used_at, VALUES(last_used_at))`,
};

const ADD_TO_CLIENTS = {
  sqlite: (rows: string) => `UPDATE clients SET last_used_at = MAX(COALESCE(last_used_at, u.c1), u.c1)
    FROM (${rows}) u WHERE u.c0 = clients.id`,
  mysql: (rows: string) => `UPDATE clients c JOIN (${rows}) u ON u.c0 = c.id
    SET c.last_used_at = GREATEST(COALESCE(c.last_used_at, CAST(u.c1 AS DATETIME(3))), CAST(u.c1 AS DATETIME(3)))`,
};

/** Only for clients that are still there. */
const ADD_TO_HOURS = {
  sqlite: (rows: string) => `INSERT INTO client_hours (client_row_id, hour, issued, refused)
    SELECT c.id, u.c1, u.c2, u.c3 FROM (${rows}) u JOIN clients c ON c.id = u.c0 WHERE true
    ON CONFLICT (client_row_id, hour) DO UPDATE SET issued = issued + excluded.issued, refused = refused + excluded.refused`,
  mysql: (rows: string) => `INSERT INTO client_hours (client_row_id, hour, issued, refused)
    SELECT c.id, u.c1, u.c2, u.c3 FROM (${rows}) u JOIN clients c ON c.id = u.c0
    ON DUPLICATE KEY UPDATE issued = client_hours.issued + VALUES(issued), refused = client_hours.refused + VALUES(refused)`,
};
