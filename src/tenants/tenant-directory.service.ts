import { LRUCache } from 'lru-cache';
import { In } from 'typeorm';
import type { Database } from '../platform/database/transaction.js';
import { DatabaseUnavailable } from '../platform/errors.js';
import { Batches } from '../platform/queues/batches.js';
import type { ReachedTenant, TenantContext } from './caller.js';
import { aliasesOf, normalizeHost, type Scheme } from './host.js';
import { MtlsHosts } from './mtls-hosts.js';
import { Tenant } from './tenant.entity.js';

const MOST_KNOWN = 5_000;
/** Most hosts in one query. */
const LARGEST_BATCH = 64;
const RECENT_MS = 1_000;
const LONGEST_KEPT_HOST = 255;

interface Known {
  context: ReachedTenant;
  /** By a clock that never jumps, in milliseconds. */
  readAt: number;
}

/** A tenant, and its host at which clients are asked for a certificate, where it has one. */
interface Found {
  tenant: Tenant;
  mtlsHost: string | undefined;
}

/** Knows which tenant a host belongs to. */
export class TenantDirectory {
  readonly scheme: Scheme;
  readonly mtlsHosts: MtlsHosts;
  readonly #aliases: ReadonlySet<string>;
  readonly #homeHost: string;
  #homeId: string | undefined;
  /** Hosts as they are sent, in the form in which they are looked up. */
  readonly #normalized = new LRUCache<string, string>({ max: MOST_KNOWN });
  readonly #known = new LRUCache<string, Known>({ max: MOST_KNOWN });
  readonly #recalled = new Map<string, Promise<ReachedTenant | undefined>>();
  readonly #rows = new Batches<string, Found | undefined>({ load: (hosts) => this.#read(hosts), largest: LARGEST_BATCH, mostAtATime: 2 });

  /**
   * @param homeIssuer origin of the home tenant; all others have its scheme
   * @param mtlsHostPrefix what the hosts begin with at which clients are asked for a certificate
   */
  constructor(
    private readonly database: Database,
    readonly homeIssuer: string,
    mtlsHostPrefix?: string,
  ) {
    const { protocol, host } = new URL(homeIssuer);
    this.scheme = protocol as Scheme;
    this.#homeHost = host;
    this.mtlsHosts = new MtlsHosts(mtlsHostPrefix, this.scheme);
    this.#aliases = new Set(aliasesOf(host));
  }

  /** A tenant with the URL that names it: for the home tenant the one that this process was given. */
  contextOf(tenant: Tenant): TenantContext {
    return { tenant, issuer: `${this.scheme}//${tenant.isHome ? this.#homeHost : tenant.host}` };
  }

  /** What a page on a host has for its origin: on the loopback, and where clients are asked for a certificate, not the issuer. */
  originOf(host: string): string {
    return `${this.scheme}//${this.#normalize(host)}`;
  }

  /**
   * The tenant that a host belongs to, as the database has it now; none when it is unknown, disabled or malformed.
   * @param host as a request names it
   * @throws {DatabaseUnavailable}
   */
  async find(host: string): Promise<ReachedTenant | undefined> {
    const name = this.#nameOf(host);
    if (name === undefined) return undefined;
    // Hosts may be made up: those that nobody knows wait as one crowd.
    const found = await this.#rows.load({ crowd: this.#known.has(name) ? name : '', name: '' }, name);
    if (!found) {
      this.#known.delete(name);
      return undefined;
    }
    const { tenant, mtlsHost } = found;
    const context = { ...this.contextOf(tenant), mtlsOrigin: mtlsHost && `${this.scheme}//${mtlsHost}` };
    this.#known.set(name, { context, readAt: performance.now() });
    return context;
  }

  /**
   * Like {@link find}, except that what was read within the last second will do: for whoever asks the database
   * by a query of their own whether it still holds.
   */
  async recall(host: string): Promise<ReachedTenant | undefined> {
    const name = this.#nameOf(host) ?? '';
    const known = this.#known.get(name);
    if (known && performance.now() - known.readAt < RECENT_MS) return known.context;
    // One that is on its way is no older: without that all who come in its time would read the same.
    const reading = this.#recalled.get(name) ?? this.find(host).finally(() => this.#recalled.delete(name));
    this.#recalled.set(name, reading);
    return reading;
  }

  /** Like {@link find}, except that what was known last will do while the database is away. */
  async findOrRemember(host: string): Promise<ReachedTenant | undefined> {
    try {
      return await this.find(host);
    } catch (error) {
      const known = this.#known.get(this.#nameOf(host) ?? '');
      if (!known || !(error instanceof DatabaseUnavailable)) throw error;
      return known.context;
    }
  }

  /** Forgets what was read of a tenant, since it turned out to hold no more. */
  forget({ issuer }: TenantContext): void {
    const { host } = new URL(issuer);
    this.#known.delete(host);
    this.#known.delete(this.mtlsHosts.of(host) ?? host);
  }

  #nameOf(host: string): string | undefined {
    const name = this.#normalize(host);
    return name !== undefined && this.#aliases.has(name) ? this.#homeHost : name;
  }

  /** Reading a host takes as long as parsing a URL, and the same few are sent again and again. */
  #normalize(host: string): string | undefined {
    const known = this.#normalized.get(host);
    if (known !== undefined) return known;
    const name = normalizeHost(host, this.scheme);
    if (name !== undefined && host.length <= LONGEST_KEPT_HOST) this.#normalized.set(host, name);
    return name;
  }

  /** With each host its second or its first one: whether that is somebody's decides as well. */
  async #read(hosts: readonly string[]): Promise<(Found | undefined)[]> {
    const { mtlsHosts } = this;
    const named = new Set(hosts.flatMap((host) => [host, mtlsHosts.of(host) ?? mtlsHosts.firstOf(host) ?? host]));
    const home = named.delete(this.#homeHost) ? [this.#homeId === undefined ? { isHome: true } : { id: this.#homeId }] : [];
    const where = [...home, { host: In([...named]), isHome: false }];
    const tenants = await this.database.read((manager) => manager.findBy(Tenant, where));
    this.#homeId ??= tenants.find(({ isHome }) => isHome)?.id;
    const byHost = new Map(tenants.map((tenant) => [tenant.isHome ? this.#homeHost : tenant.host, tenant]));
    return hosts.map((host) => this.#choose(host, byHost));
  }

  /** A host that is registered is that tenant's alone, whether or not it is served. */
  #choose(host: string, byHost: ReadonlyMap<string, Tenant>): Found | undefined {
    const first = byHost.has(host) ? host : this.mtlsHosts.firstOf(host);
    const tenant = first === undefined ? undefined : byHost.get(first);
    if (first === undefined || !tenant || !(tenant.isHome || tenant.enabled)) return undefined;
    const mtlsHost = this.mtlsHosts.of(first);
    return { tenant, mtlsHost: mtlsHost !== undefined && byHost.has(mtlsHost) ? undefined : mtlsHost };
  }
}
