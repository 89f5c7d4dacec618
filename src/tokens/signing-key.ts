import { createPublicKey, type KeyObject, sign } from 'node:crypto';
import { ExternalSigningKey } from 'oidc-provider';
import type { SigningAlgorithm } from '../platform/config.js';

/** How each algorithm makes a pair of keys, and with what it signs. */
export const ALGORITHMS = {
  ES256: { type: 'ec', options: { namedCurve: 'P-256' }, hash: 'sha256' },
  RS256: { type: 'rsa', options: { modulusLength: 2048 }, hash: 'sha256' },
  EdDSA: { type: 'ed25519', options: {}, hash: null },
} as const satisfies Record<SigningAlgorithm, object>;

const P256_BYTES = 32;
/** Of a DER element this short: its tag and its length. */
const DER_HEADER_BYTES = 2;

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

/**
 * An ECDSA signature of P-256 as JOSE has it, two numbers of 32 bytes, from the DER that OpenSSL gives.
 * @see https://www.rfc-editor.org/rfc/rfc7518#section-3.4
 */
export function toJoseSignature(der: Buffer): Buffer {
  const signature = Buffer.alloc(2 * P256_BYTES);
  const sAt = putInteger(der, DER_HEADER_BYTES, signature, P256_BYTES);
  putInteger(der, sAt, signature, 2 * P256_BYTES);
  return signature;
}

/** DER's integers have no more bytes than they need, and a zero before one that would look negative. @returns where the next one begins */
function putInteger(der: Buffer, at: number, target: Buffer, end: number): number {
  const start = at + DER_HEADER_BYTES;
  const next = start + (der[at + 1] as number);
  const first = Math.max(start, next - P256_BYTES);
  der.copy(target, end - (next - first), first, next);
  return next;
}
