import { LRUCache } from 'lru-cache';
import type { KeySource } from '../../clients/federation/key-source.js';
import type { TenantContext } from '../../tenants/caller.js';
import type { CheckingKey } from '../assertion-signature.js';
import type { FederatedLookupService, Trust } from './federated-lookup.service.js';
import { ReadyKeys, type Wanted } from './ready-keys.js';
import type { RemoteKeys } from './remote-keys.service.js';

const MOST_GIVEN_AT_HAND = 20_000;

/** The keys of trusted issuers: those that were given, and those that are fetched. */
export class IssuerKeys {
  /** By issuer and version: with each change it has another one. */
  readonly #given = new LRUCache<string, ReadyKeys>({ maxSize: MOST_GIVEN_AT_HAND, sizeCalculation: ({ size }) => size + 1 });

  constructor(
    private readonly lookup: FederatedLookupService,
    private readonly remoteKeys: RemoteKeys,
  ) {}

  /**
   * The key that may have made a signature.
   * @throws {KeysUnavailable} where there are no keys, and they cannot be fetched
   */
  async find(tenant: TenantContext, trust: Trust, wanted: Wanted): Promise<CheckingKey | undefined> {
    const keys = trust.hasGivenKeys
      ? await this.#findGiven(tenant, trust)
      : await this.remoteKeys.find(tenant, sourceOf(trust), (known) => known.find(wanted) !== undefined);
    return keys.find(wanted);
  }

  /** The same, as far as it is at hand: nobody is asked, the database neither. */
  peek(tenant: TenantContext, trust: Trust, wanted: Wanted): CheckingKey | undefined {
    return (trust.hasGivenKeys ? this.#given.get(nameOf(trust)) : this.remoteKeys.peek(tenant, sourceOf(trust)))?.find(wanted);
  }

  async #findGiven(tenant: TenantContext, trust: Trust): Promise<ReadyKeys> {
    const known = this.#given.get(nameOf(trust));
    if (known) return known;
    const keys = new ReadyKeys(await this.lookup.givenKeys(tenant, trust));
    this.#given.set(nameOf(trust), keys);
    return keys;
  }
}

function sourceOf({ issuer, jwksUri }: Trust): KeySource {
  return jwksUri === null ? { kind: 'discovery', url: issuer } : { kind: 'jwks', url: jwksUri };
}

function nameOf({ rowId, version }: Trust): string {
  return `${rowId} ${version}`;
}
