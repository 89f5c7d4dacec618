import DataLoader from 'dataloader';
import { In, MoreThanOrEqual } from 'typeorm';
import type { Database } from '../../platform/database/transaction.js';
import { BadUserInput } from '../../platform/errors.js';
import type { Principal } from '../../tenants/caller.js';
import { Client } from '../client.entity.js';
import { ClientSecret } from '../client-secret.entity.js';
import { ClientHour } from '../use/client-hour.entity.js';
import type { ClientUsage } from '../use/client-usage.js';
import { fromHour, toHour } from '../use/use-tally.js';

const SHOWN_AFTER_END_MS = 30 * 24 * 3_600_000;
/** Of secrets that ended, so many of a client. */
const MOST_ENDED = 20;
const MOST_BATCHED = 500;
const MOST_HOURS = 720;
const MOST_HOURS_A_REQUEST = 20_000;
/** All that there is to tell of an hour; whoever asks for some of it twice gets fewer hours. */
const VALUES_OF_AN_HOUR = 4;

interface Loaders {
  secrets: DataLoader<string, ClientSecret[] | undefined>;
  usage: Map<number, DataLoader<string, ClientHour[] | undefined>>;
  hoursAskedFor: number;
}

/** A client with the secrets of it that are shown. */
export interface Siblings {
  client: Client;
  secrets: readonly ClientSecret[];
}

/** Reads what belongs to clients. What one request asks of many clients comes in one query. */
export class ClientLoader {
  readonly #loaders = new WeakMap<Principal, Loaders>();
  readonly #siblings = new WeakMap<ClientSecret, Siblings>();

  constructor(private readonly database: Database) {}

  /** The secrets of a client that are live, and the last twenty that ended in the last 30 days; the newest first. */
  async secretsOf(caller: Principal, client: Client): Promise<ClientSecret[]> {
    const secrets = (await this.#for(caller).secrets.load(client.id)) ?? [];
    for (const secret of secrets) this.#siblings.set(secret, { client, secrets });
    return secrets;
  }

  /** The client of a secret that was read here, and the others beside it. */
  siblingsOf(secret: ClientSecret): Siblings | undefined {
    return this.#siblings.get(secret);
  }

  /**
   * What a client asked for in the last hours, each of them named, the present one last.
   * @param hours 1 to 720
   * @param values how many are asked for of each
   * @throws {BadUserInput}
   */
  async usageOf(caller: Principal, { id }: Client, { hours, values }: { hours: number; values: number }): Promise<ClientUsage[]> {
    requireHours({ hours });
    const loaders = this.#for(caller);
    loaders.hoursAskedFor += hours * Math.max(1, values / VALUES_OF_AN_HOUR);
    if (loaders.hoursAskedFor > MOST_HOURS_A_REQUEST) {
      throw new BadUserInput([{ path: 'hours', message: `Ask for ${MOST_HOURS_A_REQUEST} hours at most, of all clients together.` }]);
    }
    const { usage } = loaders;
    const first = toHour(Date.now()) - hours + 1;
    const loader = usage.get(first) ?? batched((ids) => this.#readHours(ids, first));
    usage.set(first, loader);
    const counts = new Map((await loader.load(id))?.map((count) => [count.hour, count]));
    return Array.from({ length: hours }, (_, index) => {
      const { issued = 0, refused = 0 } = counts.get(first + index) ?? {};
      return { from: fromHour(first + index), issued, refused };
    });
  }

  #for(caller: Principal): Loaders {
    const known = this.#loaders.get(caller);
    const loaders = known ?? {
      secrets: batched((ids) => this.#readSecrets(caller, ids)),
      usage: new Map(),
      hoursAskedFor: 0,
    };
    this.#loaders.set(caller, loaders);
    return loaders;
  }

  async #readSecrets({ tenant }: Principal, ids: string[]): Promise<Map<string, ClientSecret[]>> {
    const now = Date.now();
    const [isLive, isShown] = [now, now - SHOWN_AFTER_END_MS].map((since) => this.database.moment(new Date(since)));
    const secrets = await this.database.read(async (manager) => {
      const shown: { id: string }[] = await manager.query(selectShown(ids.length), [isLive, tenant.id, ...ids, isShown, MOST_ENDED]);
      return manager.find(ClientSecret, { where: { id: In(shown.map(({ id }) => id)) }, order: { createdAt: 'DESC', id: 'DESC' } });
    });
    return Map.groupBy(secrets, ({ clientRowId }) => clientRowId);
  }

  async #readHours(ids: string[], first: number): Promise<Map<string, ClientHour[]>> {
    const counts = await this.database.read((manager) =>
      manager.findBy(ClientHour, { clientRowId: In(ids), hour: MoreThanOrEqual(first) }),
    );
    return Map.groupBy(counts, ({ clientRowId }) => clientRowId);
  }
}

/** Reads each once, however often it is asked for at the same moment. Nothing is kept: a mutation may change it. */
function batched<T>(read: (ids: string[]) => Promise<Map<string, T>>): DataLoader<string, T | undefined> {
  const readAll = async (ids: readonly string[]) => {
    const found = new Map<string, T>();
    const distinct = [...new Set(ids)];
    for (let next = distinct.splice(0, MOST_BATCHED); next.length > 0; next = distinct.splice(0, MOST_BATCHED))
      for (const [id, value] of await read(next)) found.set(id, value);
    return ids.map((id) => found.get(id));
  };
  return new DataLoader(readAll, { cache: false });
}

function selectShown(clients: number): string {
  return `SELECT id FROM (
    SELECT id, has_ended, ROW_NUMBER() OVER (PARTITION BY client_row_id, has_ended ORDER BY created_at DESC, id DESC) AS place FROM (
      SELECT id, client_row_id, created_at, CASE WHEN expires_at > ? OR expires_at IS NULL THEN 0 ELSE 1 END AS has_ended FROM client_secrets
      WHERE tenant_id = ? AND client_row_id IN (${Array(clients).fill('?').join(', ')}) AND (expires_at IS NULL OR expires_at > ?)
    ) AS told
  ) AS ranked WHERE has_ended = 0 OR place <= ?`;
}

/** @throws {BadUserInput} */
export function requireHours({ hours }: { hours: number }): void {
  if (hours < 1 || hours > MOST_HOURS) throw new BadUserInput([{ path: 'hours', message: `Ask for 1 to ${MOST_HOURS} hours.` }]);
}
