import { createPublicKey, type KeyObject } from 'node:crypto';
import type { SigningAlgorithm } from '../platform/config.js';
import { type SigningKey, SigningKeyState } from './signing-key.entity.js';
import { ActiveKey } from './signing-key.js';

/** A public key as a JWKS publishes it. */
export type PublicJwk = Record<string, string>;

/** A key that verifies. */
export interface PublishedKey {
  jwk: PublicJwk;
  key: KeyObject;
}

/** The key that signs at a moment: of those that have begun to, the one that began last. A clock that is far behind gets the first. */
export function activeAt(rows: readonly SigningKey[], moment: Date): SigningKey | undefined {
  const planned = rows.filter(({ activatesAt }) => activatesAt !== null);
  planned.sort((a, b) => Number(b.activatesAt) - Number(a.activatesAt) || (a.id < b.id ? 1 : -1));
  return planned.find(({ activatesAt }) => Number(activatesAt) <= moment.getTime()) ?? planned.at(-1);
}

/** Tells of each key what it is for at a moment. */
export function withStates(rows: readonly SigningKey[], moment: Date): SigningKey[] {
  const active = activeAt(rows, moment);
  return rows.map((row) => {
    const isNext = row.activatesAt === null || row.activatesAt > moment;
    const others = isNext ? SigningKeyState.NEXT : SigningKeyState.RETIRED;
    return Object.assign(row, { state: row === active ? SigningKeyState.ACTIVE : others });
  });
}

/** Whether tokens of a key may still be alive, or will be. */
export function isPublishedAt({ publishedUntil }: SigningKey, moment: Date): boolean {
  return publishedUntil === null || publishedUntil > moment;
}

/**
 * The keys of a tenant as this instance knows them: one signs, all verify. Which one signs follows the
 * clock, so that a change that was planned ahead happens on all instances at once.
 */
export class KeyRing {
  #rows: readonly SigningKey[] = [];
  #published = new Map<string, PublishedKey>();
  #signers = new Map<string, ActiveKey>();

  /** @param unlock gives the private part of a key */
  constructor(
    rows: readonly SigningKey[],
    private readonly unlock: (row: SigningKey) => KeyObject,
  ) {
    this.update(rows);
  }

  /** Takes what the database says now. */
  update(rows: readonly SigningKey[]): void {
    this.#rows = rows;
    this.#published = new Map(rows.map((row) => [row.id, this.#published.get(row.id) ?? toPublishedKey(row)]));
    this.#signers = new Map([...this.#signers].filter(([kid]) => this.#published.has(kid)));
  }

  /** The key that signs now. */
  get active(): ActiveKey {
    const row = activeAt(this.#rows, new Date()) as SigningKey;
    const known = this.#signers.get(row.id);
    if (known) return known;
    const signer = new ActiveKey({ kid: row.id, algorithm: row.algorithm as SigningAlgorithm }, this.unlock(row));
    this.#signers.set(row.id, signer);
    return signer;
  }

  /** Every key whose tokens may be alive at a moment, the active one first. */
  publishedAt(moment: Date): PublishedKey[] {
    const active = activeAt(this.#rows, moment);
    const others = this.#rows.filter((row) => row !== active && isPublishedAt(row, moment));
    return [...(active ? [active] : []), ...others].map(({ id }) => this.#published.get(id) as PublishedKey);
  }
}

function toPublishedKey({ publicJwk }: SigningKey): PublishedKey {
  return { jwk: publicJwk, key: createPublicKey({ key: publicJwk, format: 'jwk' }) };
}
