import type { EntityManager } from 'typeorm';
import type { Change, Changes } from '../../changes/changes.service.js';
import { difference } from '../../changes/record/audit.service.js';
import { AuditAction, AuditObjectType } from '../../changes/record/audit-event.entity.js';
import { isDuplicate } from '../../platform/database/faults.js';
import { BadUserInput, StaleVersion } from '../../platform/errors.js';
import type { SigningAlgorithm } from '../../platform/setting-values.js';
import { type Principal, systemCaller, type TenantContext } from '../../tenants/caller.js';
import { Forbidden } from '../../tenants/errors.js';
import { aliasesOf, isWhole, normalizeHost } from '../../tenants/host.js';
import { Tenant } from '../../tenants/tenant.entity.js';
import type { TenantDirectory } from '../../tenants/tenant-directory.service.js';
import { describeTenant, newTenant } from '../../tenants/tenant-row.js';
import { HomeTenant, HostTaken, MtlsHostTaken, TenantEnabled, TenantNotFound } from './errors.js';
import type { CreateTenantInput, UpdateTenantInput } from './tenant.input.js';
import { isEnding, isLifting, isLimit, merge, requireChangeable } from './tenant-change.rules.js';

/**
 * What is inside a tenant: rooms above this one know it.
 * @typeParam A what a new tenant's administrator comes as
 */
export interface TenantContents<A> {
  /** Gives a new tenant its signing keys and its administrator. @param change by the server, within the new tenant */
  provision(change: Change): Promise<A>;
  /** Plans that its tokens are signed in another way. */
  changeAlgorithm(change: Change, algorithm: SigningAlgorithm): Promise<void>;
  /** Ends the sessions of its people. */
  endSessions(manager: EntityManager, tenantId: string): Promise<void>;
  /**
   * Cuts the tokens of some of its clients.
   * @param after those whose client id comes after this one
   * @returns the last of them; undefined when there are no more
   */
  cutSomeTokens(manager: EntityManager, tenantId: string, after: string): Promise<string | undefined>;
  /** Removes some of what there is too much of for one time. @returns whether there may be more of it */
  thin(manager: EntityManager, tenantId: string): Promise<boolean>;
  /** Removes everything that is its own. */
  remove(manager: EntityManager, tenantId: string): Promise<void>;
}

const RIGHT = { right: 'tenants:write' } as const;

/** Manages tenants from the home tenant. */
export class TenantService<A extends object = object> {
  constructor(
    private readonly changes: Changes,
    private readonly directory: TenantDirectory,
    private readonly contents: TenantContents<A>,
  ) {}

  /**
   * Makes a tenant, its keys and its administrator.
   * @returns the administrator's secret in the clear, for the one response that shows it
   * @throws {BadUserInput | Forbidden | HostTaken}
   */
  async create(caller: Principal, input: CreateTenantInput): Promise<A & { tenant: Tenant }> {
    requireHome(caller);
    const host = normalizeHost(input.host.trim(), this.directory.scheme);
    if (host === undefined) throw new BadUserInput([{ path: 'input.host', message: HOST_RULE }]);
    if (!isWhole(host, caller.tenant.host)) throw new BadUserInput([{ path: 'input.host', message: WHOLE_HOST_RULE }]);
    const { mtlsHosts } = this.directory;
    if (mtlsHosts.hasPrefix(host)) throw new BadUserInput([{ path: 'input.host', message: mtlsHostRule(mtlsHosts.prefix) }]);
    if (aliasesOf(caller.tenant.host).includes(host)) throw new HostTaken(host);
    const tenant = { ...newTenant({ host, name: input.name.trim() }), accessTokenType: input.accessTokenType };
    return this.changes
      .make(caller, RIGHT, async ({ manager, record, within }) => {
        // Who has it was there before such hosts were.
        const mtlsHost = mtlsHosts.of(host);
        if (mtlsHost !== undefined && (await manager.existsBy(Tenant, { host: mtlsHost }))) throw new MtlsHostTaken(host, mtlsHost);
        await manager.insert(Tenant, tenant);
        const administrator = await this.contents.provision(await within(systemCaller(this.directory.contextOf(tenant), 'createTenant')));
        const made = await manager.findOneByOrFail(Tenant, { id: tenant.id });
        await record({ action: AuditAction.CREATE_TENANT, on: objectOf(made), after: describeTenant(made) });
        return { ...administrator, tenant: made };
      })
      .catch((cause) => {
        throw isDuplicate(cause) ? new HostTaken(host, { cause }) : cause;
      });
  }

  /**
   * Changes what may be changed of a tenant; what the input leaves out stays. Nobody is served of one that is disabled, from the first
   * moment on; its tokens are cut some at a time, and all of them before it is enabled again.
   * @throws {BadUserInput | Forbidden | HomeTenant | StaleVersion | TenantNotFound}
   */
  async update(caller: Principal, host: string, input: UpdateTenantInput): Promise<Tenant> {
    requireHome(caller);
    let tenant: Tenant | undefined;
    while (!tenant) {
      const cutAt = input.enabled === true ? await this.#cutTokens(caller, host) : undefined;
      // Somebody else disabled it meanwhile: what was issued until then is to be cut before.
      tenant = await this.#update(caller, host, { input, cutAt });
    }
    // A release before this one would enable it without that. What fails here is done again by this one.
    if (input.enabled === false) await this.#cutTokens(caller, host).catch(() => undefined);
    return tenant;
  }

  /**
   * Cuts all tokens of a tenant that is disabled; of one that is enabled, none.
   * @returns the version at which it was and stayed disabled meanwhile
   */
  async #cutTokens(caller: Principal, host: string): Promise<number | undefined> {
    const name = this.#normalize(host);
    let version: number | undefined;
    const cut = (after: string) =>
      this.changes.make(caller, { ...RIGHT, allowance: 'ending', isPart: true, host: name }, async ({ manager }) => {
        const tenant = await manager.findOneBy(Tenant, { host: name, enabled: false, ...(version && { version }) });
        return tenant && { version: tenant.version, after: await this.contents.cutSomeTokens(manager, tenant.id, after) };
      });
    for (let after: string | undefined = ''; after !== undefined; ) {
      const done: Awaited<ReturnType<typeof cut>> = await cut(after);
      if (!done) return undefined;
      ({ version, after } = done);
    }
    return version;
  }

  /** @returns undefined when its tokens are to be cut first */
  #update(
    caller: Principal,
    host: string,
    { input, cutAt }: { input: UpdateTenantInput; cutAt: number | undefined },
  ): Promise<Tenant | undefined> {
    const mayPass = input.enabled === false || Object.entries(input).some(([name, to]) => to !== undefined && isLimit(name));
    const allowance = mayPass ? 'ending' : 'ordinary';
    const name = this.#normalize(host);
    return this.changes.make(caller, { ...RIGHT, allowance, host: name }, async ({ manager, record, unchanged, within, requireRoom }) => {
      const before = await requireTenant(manager, name);
      if (!before.enabled && input.enabled && before.version !== cutAt) return unchanged(undefined);
      if (!isEnding(before, input) && !isLifting(before, input, this.changes.limits)) requireRoom();
      if (input.version != null && input.version !== before.version) throw new StaleVersion('tenant', before.version);
      const after = merge(before, input);
      requireChangeable(before, input, after);
      await manager.update(Tenant, { id: before.id }, after);
      const { signingAlgorithm } = input;
      const target = systemCaller(this.directory.contextOf(before), 'updateTenant');
      if (signingAlgorithm) await this.contents.changeAlgorithm(await within(target), signingAlgorithm);
      if (input.enabled === false) await this.contents.endSessions(manager, before.id);
      const tenant = await manager.findOneByOrFail(Tenant, { id: before.id });
      const changed = difference(describeTenant(before), describeTenant(tenant));
      await record({ action: AuditAction.UPDATE_TENANT, on: objectOf(before), ...changed });
      return tenant;
    });
  }

  /**
   * Removes a tenant that is disabled, with everything in it. A very large one goes in pieces: where that ends early, what is left is
   * removed by the next time.
   * @throws {Forbidden | HomeTenant | TenantEnabled | TenantNotFound}
   */
  async delete(caller: Principal, host: string): Promise<{ host: string }> {
    requireHome(caller);
    const name = this.#normalize(host);
    const terms = { ...RIGHT, allowance: 'ending', host: name } as const;
    const thin = () =>
      this.changes.make(caller, { ...terms, isPart: true }, async ({ manager }) =>
        this.contents.thin(manager, (await requireDeletable(manager, name)).id),
      );
    let isMore = true;
    while (isMore) isMore = await thin();
    return this.changes.make(caller, terms, async ({ manager, record }) => {
      const tenant = await requireDeletable(manager, name);
      await this.contents.remove(manager, tenant.id);
      await manager.delete(Tenant, { id: tenant.id });
      await record({ action: AuditAction.DELETE_TENANT, on: objectOf(tenant), before: describeTenant(tenant) });
      return { host: tenant.host };
    });
  }

  /** A host as it is stored; what is none is no tenant's. */
  #normalize(host: string): string {
    return normalizeHost(host, this.directory.scheme) ?? '';
  }
}

async function requireTenant(manager: EntityManager, host: string): Promise<Tenant> {
  const tenant = await manager.findOneBy(Tenant, { host });
  if (!tenant) throw new TenantNotFound();
  return tenant;
}

async function requireDeletable(manager: EntityManager, host: string): Promise<Tenant> {
  const tenant = await requireTenant(manager, host);
  if (tenant.isHome) throw new HomeTenant();
  if (tenant.enabled) throw new TenantEnabled();
  return tenant;
}

const WHOLE_HOST_RULE = 'Give the whole name, such as acme.example.com: it cannot be changed later.';
const mtlsHostRule = (prefix = '') =>
  `Give a host that does not begin with ${prefix}: there the clients of the tenant of the host behind it are asked for certificates.`;
const HOST_RULE =
  'Give a host such as acme.example.com, with a port from 1 to 65535 when it needs one: no path, no user, no wildcard, no blank, and an IPv6 address in brackets.';

/** Only the home tenant manages tenants, whatever scopes somebody of another one may hold. @throws {Forbidden} */
export function requireHome({ tenant }: TenantContext): void {
  if (!tenant.isHome) throw new Forbidden('Tenants are managed from the home tenant.', 'home tenant');
}

function objectOf({ host }: Tenant): [AuditObjectType, string] {
  return [AuditObjectType.TENANT, host];
}
