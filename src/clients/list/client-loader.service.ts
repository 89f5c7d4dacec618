import DataLoader from 'dataloader';
import { type FindOptionsWhere, In, MoreThanOrEqual } from 'typeorm';
import type { Database } from '../../platform/database/transaction.js';
import { BadUserInput } from '../../platform/errors.js';
import { nextSlice } from '../../platform/queues/slices.js';
import type { Principal } from '../../tenants/caller.js';
import { type Client, ClientAuthMethod } from '../client.entity.js';
import { ClientSecret } from '../client-secret.entity.js';
import { FederatedCredential } from '../federation/federated-credential.entity.js';
import { MOST_CREDENTIALS } from '../federation/federated-credential.rules.js';
import { KeySet } from '../federation/key-set.entity.js';
import { keyOfSource } from '../federation/key-source.js';
import { ClientHour } from '../use/client-hour.entity.js';
import { ClientProof } from '../use/client-proof.entity.js';
import { type ClientRefusal, ClientRefusals } from '../use/client-refusal.js';
import { MOST_REFUSALS } from '../use/client-refusals.service.js';
import type { ClientUsage } from '../use/client-usage.js';
import { fromHour, toHour } from '../use/use-tally.js';

const SHOWN_AFTER_END_MS = 30 * 24 * 3_600_000;
/** Of secrets that ended, so many of a client. */
const MOST_ENDED = 20;
/** Two more are live at most. */
const MOST_READ = MOST_ENDED + 2;
/** Each is a part of the statement. */
const MOST_BATCHED_FOR_SECRETS = 100;
const MOST_BATCHED_FOR_HOURS = 500;
/** Rows that are read in one go on SQLite, which works in this thread. */
const ROWS_OF_A_SLICE = 500;
const ROWS_OF_A_KEY_SET = 1;
const MOST_HOURS = 720;
const MOST_HOURS_A_REQUEST = 10_000;
/** All that there is to tell of an hour; whoever asks for some of it twice gets fewer hours. */
const VALUES_OF_AN_HOUR = 4;

interface Loaders {
  secrets: DataLoader<string, ClientSecret[] | undefined>;
  credentials: DataLoader<string, FederatedCredential[] | undefined>;
  keySets: DataLoader<string, KeySet | undefined>;
  proofs: DataLoader<string, ClientProof[] | undefined>;
  refusals: DataLoader<string, ClientRefusals[] | undefined>;
  usage: Map<number, DataLoader<string, ClientHour[] | undefined>>;
  hoursAskedFor: number;
}

/** How often a client has proved itself in a way. */
export interface ProofUse {
  lastUsedAt: Date | null;
  lastUsedIp: string | null;
  useCount: number;
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

  /** The credentials of a client with `FEDERATED_JWT`, the oldest first. */
  async credentialsOf(caller: Principal, { id, authMethod }: Client): Promise<FederatedCredential[]> {
    return authMethod === ClientAuthMethod.FEDERATED_JWT ? ((await this.#for(caller).credentials.load(id)) ?? []) : [];
  }

  /** What is known of how the keys of a client with `jwksUri` were fetched; undefined before they were. */
  async keySetOf(caller: Principal, { jwksUri }: Client): Promise<KeySet | undefined> {
    return jwksUri === null ? undefined : this.#for(caller).keySets.load(keyOfSource({ kind: 'jwks', url: jwksUri }));
  }

  /**
   * How often a client has proved itself in a way since it came to have another one beside it. What was counted before and written down
   * after that tells of another time.
   */
  async useOf(caller: Principal, { id, authMethodChangedAt: since }: Client, method: ClientAuthMethod): Promise<ProofUse> {
    const proofs = await this.#for(caller).proofs.load(id);
    const use = proofs?.find(({ authMethod, lastUsedAt }) => authMethod === method && (since === null || lastUsedAt >= since));
    return use ?? { lastUsedAt: null, lastUsedIp: null, useCount: 0 };
  }

  /** Why a client was refused lately, the newest first. */
  async refusalsOf(caller: Principal, { id }: Client): Promise<ClientRefusal[]> {
    const [found] = (await this.#for(caller).refusals.load(id)) ?? [];
    return found?.refusals.map((refusal) => ({ ...refusal, at: new Date(refusal.at) })) ?? [];
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
    const loader = usage.get(first) ?? batched(this.#atOnce(MOST_BATCHED_FOR_HOURS, hours), (ids) => this.#readHours(ids, first));
    usage.set(first, loader);
    const counts = new Map((await loader.load(id))?.map((count) => [count.hour, count]));
    return Array.from({ length: hours }, (_, index) => {
      const { issued = 0, refused = 0 } = counts.get(first + index) ?? {};
      return { from: fromHour(first + index), issued, refused };
    });
  }

  /** How many clients are looked up at once, each with so many rows at most. */
  #atOnce(most: number, rows: number): number {
    return this.database.dialect({ sqlite: Math.max(1, Math.floor(ROWS_OF_A_SLICE / rows)), mysql: most });
  }

  #for(caller: Principal): Loaders {
    const known = this.#loaders.get(caller);
    const loaders = known ?? {
      secrets: batched(this.#atOnce(MOST_BATCHED_FOR_SECRETS, MOST_READ), (ids) => this.#readSecrets(caller, ids)),
      credentials: batched(this.#atOnce(MOST_BATCHED_FOR_SECRETS, MOST_CREDENTIALS), (ids) => this.#readCredentials(ids)),
      keySets: batched(this.#atOnce(MOST_BATCHED_FOR_SECRETS, ROWS_OF_A_KEY_SET), (urls) => this.#readKeySets(caller, urls)),
      proofs: batched(MOST_BATCHED_FOR_SECRETS, (ids) => this.#readOf(ClientProof, ids)),
      refusals: batched(this.#atOnce(MOST_BATCHED_FOR_SECRETS, MOST_REFUSALS), (ids) => this.#readOf(ClientRefusals, ids)),
      usage: new Map(),
      hoursAskedFor: 0,
    };
    this.#loaders.set(caller, loaders);
    return loaders;
  }

  async #readSecrets({ tenant }: Principal, ids: string[]): Promise<Map<string, ClientSecret[]>> {
    const now = new Date();
    const shownFrom = this.database.moment(new Date(now.getTime() - SHOWN_AFTER_END_MS));
    const secrets = await this.database.read(async (manager) => {
      const found: { id: string }[] = await manager.query(selectLatest(ids.length), [...ids, ...ids.flatMap((id) => [id, shownFrom])]);
      return manager.find(ClientSecret, { where: { id: In(found.map(({ id }) => id)) }, order: { createdAt: 'DESC', id: 'DESC' } });
    });
    // Asked for the tenant as well SQLite would go through all that the tenant has.
    const ofTenant = secrets.filter(({ tenantId }) => tenantId === tenant.id);
    const ofClients = Map.groupBy(ofTenant, ({ clientRowId }) => clientRowId);
    return new Map([...ofClients].map(([id, ofClient]) => [id, withoutManyEnded(ofClient, now)]));
  }

  async #readCredentials(ids: string[]): Promise<Map<string, FederatedCredential[]>> {
    const order = { createdAt: 'ASC', id: 'ASC' } as const;
    const credentials = await this.database.read((manager) =>
      manager.find(FederatedCredential, { where: { clientRowId: In(ids) }, order }),
    );
    return Map.groupBy(credentials, ({ clientRowId }) => clientRowId);
  }

  async #readKeySets({ tenant }: Principal, sources: string[]): Promise<Map<string, KeySet>> {
    const select = { source: true, fetchedAt: true, error: true } as const;
    const sets = await this.database.read((manager) =>
      manager.find(KeySet, { select, where: { tenantId: tenant.id, source: In(sources) } }),
    );
    return new Map(sets.map((set) => [set.source, set]));
  }

  async #readOf<T extends { clientRowId: string }>(entity: new () => T, ids: string[]): Promise<Map<string, T[]>> {
    const where = { clientRowId: In(ids) } as FindOptionsWhere<T>;
    const rows = await this.database.read((manager) => manager.findBy(entity, where));
    return Map.groupBy(rows, ({ clientRowId }) => clientRowId);
  }

  async #readHours(ids: string[], first: number): Promise<Map<string, ClientHour[]>> {
    const counts = await this.database.read((manager) =>
      manager.findBy(ClientHour, { clientRowId: In(ids), hour: MoreThanOrEqual(first) }),
    );
    return Map.groupBy(counts, ({ clientRowId }) => clientRowId);
  }
}

/** Reads each once, however often it is asked for at the same moment. Nothing is kept: a mutation may change it. */
function batched<T>(most: number, read: (ids: string[]) => Promise<Map<string, T>>): DataLoader<string, T | undefined> {
  const readAll = async (ids: readonly string[]) => {
    const found = new Map<string, T>();
    const distinct = [...new Set(ids)];
    for (let next = distinct.splice(0, most); next.length > 0; next = distinct.splice(0, most)) {
      for (const [id, value] of await read(next)) found.set(id, value);
      if (distinct.length > 0) await nextSlice();
    }
    return ids.map((id) => found.get(id));
  };
  return new DataLoader(readAll, { cache: false });
}

/** The secrets of clients that do not end, and those of each whose end is the latest: so many at most, however many there are. */
function selectLatest(clients: number): string {
  const latest = `SELECT id FROM (
    SELECT id FROM client_secrets WHERE client_row_id = ? AND expires_at > ? ORDER BY expires_at DESC LIMIT ${MOST_READ}) latest`;
  const endless = `SELECT id FROM client_secrets WHERE client_row_id IN (${Array(clients).fill('?').join(', ')}) AND expires_at IS NULL`;
  return [endless, ...Array(clients).fill(latest)].join(' UNION ALL ');
}

function withoutManyEnded(secrets: readonly ClientSecret[], now: Date): ClientSecret[] {
  const { ended = [] } = Object.groupBy(secrets, ({ expiresAt }) => (expiresAt && expiresAt <= now ? 'ended' : 'live'));
  const endOf = ({ expiresAt }: ClientSecret) => expiresAt?.getTime() ?? 0;
  const dropped = new Set(ended.toSorted((a, b) => endOf(b) - endOf(a)).slice(MOST_ENDED));
  return secrets.filter((secret) => !dropped.has(secret));
}

/** @throws {BadUserInput} */
export function requireHours({ hours }: { hours: number }): void {
  if (hours < 1 || hours > MOST_HOURS) throw new BadUserInput([{ path: 'hours', message: `Ask for 1 to ${MOST_HOURS} hours.` }]);
}
