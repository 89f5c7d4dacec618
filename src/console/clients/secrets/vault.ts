import type { ClientAuthMethod } from '../../api/generated';

/** Holds a secret for as long as it is shown. Once emptied it has none, whatever else of the page still refers to it. */
export class Vault {
  #secret: string;

  constructor(secret: string) {
    this.#secret = secret;
  }

  /** The secret in the clear; an empty text once it was given up. */
  get secret(): string {
    return this.#secret;
  }

  /** Gives the secret up, for good. */
  empty(): void {
    this.#secret = '';
  }
}

/** A secret that was just made, and whose it is. */
export interface MadeSecret {
  vault: Vault;
  /** Of the tenant in which it works. */
  issuer: string;
  clientId: string;
  name: string;
  /** What was done, for when the secret was put away. */
  done: string;
  authMethod: ClientAuthMethod;
}
