import { createPublicKey, type KeyObject, sign } from 'node:crypto';
import { ExternalSigningKey } from 'oidc-provider';
import type { SigningAlgorithm } from '../platform/setting-values.js';
import { toJoseSignature } from './jose-signature.js';

/** How each algorithm makes a pair of keys, and with what it signs. */
export const ALGORITHMS = {
  ES256: { type: 'ec', options: { namedCurve: 'P-256' }, hash: 'sha256' },
  RS256: { type: 'rsa', options: { modulusLength: 2048 }, hash: 'sha256' },
  EdDSA: { type: 'ed25519', options: {}, hash: null },
} as const satisfies Record<SigningAlgorithm, object>;

/** A signing key that oidc-provider signs with, natively and without a trip through the thread pool, which takes more time than it saves. */
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
    // The key by itself: with options beside it Node takes twice as long.
    const signature = sign(ALGORITHMS[this.#algorithm].hash, data, this.#privateKey);
    return this.#algorithm === 'ES256' ? toJoseSignature(signature) : signature;
  }
}

/**
 * Stands for whichever key signs in the request at hand. oidc-provider is told of its keys once; so it
 * need not be built anew when another one signs.
 */
export class RequestKey extends ExternalSigningKey {
  /** @param current the key that signs in the request that is being answered, or now where there is none */
  constructor(private readonly current: () => ActiveKey) {
    super();
  }

  override get kid(): string {
    return this.current().kid;
  }

  override get alg(): SigningAlgorithm {
    return this.current().alg;
  }

  override get kty(): string {
    return this.current().kty;
  }

  override get crv(): string | undefined {
    return this.current().crv;
  }

  override keyObject(): KeyObject {
    return this.current().keyObject();
  }

  override sign(data: Uint8Array): Promise<Buffer> {
    return this.current().sign(data);
  }
}
