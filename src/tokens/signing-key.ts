import { createPublicKey, type KeyObject, sign } from 'node:crypto';
import { ExternalSigningKey } from 'oidc-provider';
import type { SigningAlgorithm } from '../platform/config.js';

/** How each algorithm makes a pair of keys, and with what it signs. */
export const ALGORITHMS = {
  ES256: { type: 'ec', options: { namedCurve: 'P-256' }, hash: 'sha256' },
  RS256: { type: 'rsa', options: { modulusLength: 2048 }, hash: 'sha256' },
  EdDSA: { type: 'ed25519', options: {}, hash: null },
} as const satisfies Record<SigningAlgorithm, object>;

/** A signing key that oidc-provider signs with, natively and without a trip through the thread pool. */
export class ActiveKey extends ExternalSigningKey {
  readonly #kid: string;
  readonly #algorithm: SigningAlgorithm;
  readonly #publicKey: KeyObject;
  readonly #privateKey: KeyObject;

  constructor({ kid, algorithm }: { kid: string; algorithm: SigningAlgorithm }, privateKey: KeyObject) {
    super();
    this.#kid = kid;
    this.#algorithm = algorithm;
    this.#privateKey = privateKey;
    this.#publicKey = createPublicKey(privateKey);
  }

  override get kid(): string {
    return this.#kid;
  }

  override get alg(): SigningAlgorithm {
    return this.#algorithm;
  }

  override keyObject(): KeyObject {
    return this.#publicKey;
  }

  override async sign(data: Uint8Array): Promise<Buffer> {
    return sign(ALGORITHMS[this.#algorithm].hash, data, { key: this.#privateKey, dsaEncoding: 'ieee-p1363' });
  }
}
