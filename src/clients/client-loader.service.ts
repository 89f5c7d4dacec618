import DataLoader from 'dataloader';
import { In, IsNull, MoreThan, MoreThanOrEqual } from 'typeorm';
import type { Principal } from '../access/principal.js';
import { BadUserInput } from '../platform/errors.js';
import type { Database } from '../platform/transaction.js';
import { Client } from './client.entity.js';
import { ClientHour } from './client-hour.entity.js';
import { ClientSecret } from './client-secret.entity.js';
import type { ClientUsage } from './client-usage.js';
import { fromHour, toHour } from './use-tally.js';

const SHOWN_AFTER_END_MS = 30 * 24 * 3_600_000;
const MOST_HOURS = 720;
const MOST_HOURS_A_REQUEST = 20_000;
/** All that there is to tell of an hour; whoever asks for some of it twice gets fewer hours. */
const VALUES_OF_AN_HOUR = 4;

interface Loaders {
  clients: DataLoader<string, Client | undefined>;
  secrets: DataLoader<string, ClientSecret[]>;
  usage: Map<number, DataLoader<string, ClientHour[]>>;
  hoursAskedFor: number;
}

/** Reads what belongs to clients. What one request asks of many clients comes in one query. */
export class ClientLoader {
  readonly #loaders = new WeakMap<Principal, Loaders>();

  constructor(private readonly database: Database) {}

  /** The secrets of a client that are live or ended in the last 30 days; the newest first. */
  secretsOf(caller: Principal, { id }: Client): Promise<ClientSecret[]> {
    return this.#for(caller).secrets.load(id);
  }

  /** The client of a secret, and all its secrets; none when it was deleted in the meantime. */
  async siblingsOf(caller: Principal, { clientRowId }: ClientSecret): Promise<{ client: Client | undefined; secrets: ClientSecret[] }> {
    const { clients, secrets } = this.#for(caller);
    const [client, siblings] = await Promise.all([clients.load(clientRowId), secrets.load(clientRowId)]);
    return { client, secrets: siblings };
  }

  /**
   * What a client asked for in the last hours, each of them named, the present one last.
   * @param hours 1 to 720
   * @param values how many are asked for of each
   * @throws {BadUserInput}
   */
  async usageOf(caller: Principal, { id }: Client, { hours, values }: { hours: number; values: number }): Promise<ClientUsage[]> {
    if (hours < 1 || hours > MOST_HOURS) throw new BadUserInput([{ path: 'hours', message: `Ask for 1 to ${MOST_HOURS} hours.` }]);
    const loaders = this.#for(caller);
    loaders.hoursAskedFor += hours * Math.max(1, values / VALUES_OF_AN_HOUR);
    if (loaders.hoursAskedFor > MOST_HOURS_A_REQUEST) {
      throw new BadUserInput([{ path: 'hours', message: `Ask for ${MOST_HOURS_A_REQUEST} hours at most, of all clients together.` }]);
    }
    const { usage } = loaders;
    const first = toHour(Date.now()) - hours + 1;
    const loader = usage.get(first) ?? new DataLoader((ids: readonly string[]) => this.#readHours(ids, first), { cache: false });
    usage.set(first, loader);
    const counts = new Map((await loader.load(id)).map((count) => [count.hour, count]));
    return Array.from({ length: hours }, (_, index) => {
      const { issued = 0, refused = 0 } = counts.get(first + index) ?? {};
      return { from: fromHour(first + index), issued, refused };
    });
  }

  #for(caller: Principal): Loaders {
    const known = this.#loaders.get(caller);
    const loaders = known ?? {
      clients: new DataLoader((ids: readonly string[]) => this.#readClients(caller, ids), { cache: false }),
      secrets: new DataLoader((ids: readonly string[]) => this.#readSecrets(caller, ids), { cache: false }),
      usage: new Map(),
      hoursAskedFor: 0,
    };
    this.#loaders.set(caller, loaders);
    return loaders;
  }

  async #readClients({ tenant }: Principal, ids: readonly string[]): Promise<(Client | undefined)[]> {
    const clients = await this.database.read((manager) => manager.findBy(Client, { tenantId: tenant.id, id: In([...ids]) }));
    const byId = new Map(clients.map((client) => [client.id, client]));
    return ids.map((id) => byId.get(id));
  }

  async #readSecrets({ tenant }: Principal, ids: readonly string[]): Promise<ClientSecret[][]> {
    const mine = { tenantId: tenant.id, clientRowId: In([...ids]) };
    const shown = MoreThan(new Date(Date.now() - SHOWN_AFTER_END_MS));
    const secrets = await this.database.read((manager) =>
      manager.find(ClientSecret, {
        where: [
          { ...mine, expiresAt: IsNull() },
          { ...mine, expiresAt: shown },
        ],
        order: { createdAt: 'DESC', id: 'DESC' },
      }),
    );
    const byClient = Map.groupBy(secrets, ({ clientRowId }) => clientRowId);
    return ids.map((id) => byClient.get(id) ?? []);
  }

  async #readHours(ids: readonly string[], first: number): Promise<ClientHour[][]> {
    const counts = await this.database.read((manager) =>
      manager.findBy(ClientHour, { clientRowId: In([...ids]), hour: MoreThanOrEqual(first) }),
    );
    const byClient = Map.groupBy(counts, ({ clientRowId }) => clientRowId);
    return ids.map((id) => byClient.get(id) ?? []);
  }
}
