import type { Certificate } from './certificate.js';
import { type CheckedKey, checkKey } from './certificate-key.js';

/** The longest way to an authority takes eleven of them; the usual one, two or three. */
const MOST_CHECKS = 12;
/** Of a sound way none fails, unless an authority had several keys under its name, and no identifiers that tell them apart. */
const MOST_FAILURES = 5;

/** Checks signatures of certificates, each once, and not more than so many: anybody can send certificates that name each other. */
export class SignatureChecks {
  readonly #keys = new Map<Certificate, CheckedKey>();
  readonly #made = new Map<Certificate, Map<Certificate, boolean>>();
  #left = MOST_CHECKS;
  #failuresLeft = MOST_FAILURES;
  #areUsedUp = false;

  /** Whether one was asked for when none was left. */
  get areUsedUp(): boolean {
    return this.#areUsedUp;
  }

  keyOf(certificate: Certificate): CheckedKey {
    const key = this.#keys.get(certificate) ?? checkKey(certificate);
    this.#keys.set(certificate, key);
    return key;
  }

  /** Whether one signed the other; never where none is left. */
  isBy(issuer: Certificate, issued: Certificate): boolean {
    const made = this.#made.get(issued) ?? new Map<Certificate, boolean>();
    this.#made.set(issued, made);
    const before = made.get(issuer);
    if (before !== undefined) return before;
    this.#areUsedUp ||= this.#left === 0 || this.#failuresLeft === 0;
    if (this.#areUsedUp) return false;
    const isBy = isSignedBy(this.keyOf(issuer), issued);
    made.set(issuer, isBy);
    this.#left -= 1;
    if (!isBy) this.#failuresLeft -= 1;
    return isBy;
  }
}

function isSignedBy(key: CheckedKey, { x509 }: Certificate): boolean {
  if (key.fault !== undefined) return false;
  try {
    return x509.verify(key.publicKey);
  } catch {
    return false;
  }
}
