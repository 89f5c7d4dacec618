import { createPublicKey } from 'node:crypto';
import type { PublicJwks } from '../../clients/keys/public-jwks.js';
import { algorithmsOf, findWeakness, type Jwk, materialOf } from '../../clients/keys/public-key.js';
import { type CheckingKey, checkingKey } from '../assertion-signature.js';

/** The signature that a key is looked for. */
export interface Wanted {
  alg: string;
  kid?: unknown;
}

/** A public key with which a signature can be checked at once. */
interface ReadyKey extends CheckingKey {
  kid: unknown;
  algorithms: readonly string[];
}

/** Public keys of somebody, ready for use. A key that was stored before a rule was made is held to it here. */
export class ReadyKeys {
  readonly #keys: readonly ReadyKey[];

  constructor(readonly jwks: PublicJwks) {
    this.#keys = (jwks.keys as Jwk[])
      .filter((jwk) => findWeakness(jwk) === undefined)
      .map((jwk) => ({
        kid: jwk.kid,
        algorithms: algorithmsOf(jwk),
        ...checkingKey(createPublicKey({ key: materialOf(jwk), format: 'jwk' })),
      }));
  }

  get size(): number {
    return this.#keys.length;
  }

  /** The one key that may have made a signature; undefined when there is none, or the `kid` does not say which. */
  find({ alg, kid }: Wanted): CheckingKey | undefined {
    const [found, ...others] = this.#keys.filter((one) => one.algorithms.includes(alg) && (kid === undefined || one.kid === kid));
    return others.length === 0 ? found : undefined;
  }
}
