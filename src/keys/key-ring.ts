import { createPublicKey, type KeyObject } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { SigningAlgorithm } from '../platform/setting-values.js';
import { activeAt, isPublishedAt } from './key-succession.js';
import { type SigningKey, SigningKeyState } from './signing-key.entity.js';
import { ActiveKey } from './signing-key.js';

/** A public key as a JWKS publishes it. */
export type PublicJwk = Record<string, string>;

/** A key that verifies. */
export interface PublishedKey {
  jwk: PublicJwk;
  key: KeyObject;
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

/** Where a ring's keys come from. */
export interface KeySource {
  /** Gives the private part of a key. */
  unlock(row: SigningKey): KeyObject;
  /** What the database says now. */
  reload(): Promise<SigningKey[]>;
}

/** Which key signs from one moment to another, in milliseconds since 1970. */
interface Signing {
  signer: ActiveKey;
  from: number;
  until: number;
}

interface Reload {
  version: number;
  isDone: Promise<void>;
}

const LEAST_BETWEEN_RELOADS_MS = 1000;
/** Each takes about half a millisecond to read. */
const READ_AT_A_TIME = 10;

/** What is published from one moment to another, in milliseconds since 1970. */
interface Publication {
  keys: PublishedKey[];
  from: number;
  until: number;
}

/**
 * The keys of a tenant as this instance knows them: one signs, all verify. Which one signs follows the
 * clock, so that a change that was planned ahead happens on all instances at once.
 */
export class KeyRing {
  #rows: readonly SigningKey[] = [];
  #published = new Map<string, PublishedKey>();
  #signers = new Map<string, ActiveKey>();
  #signing: Signing | undefined;
  #publication: Publication | undefined;
  #reloadedAt = 0;
  #reload: Reload | undefined;
  /** How many times the database was asked, and the turn of the answer that is kept. */
  #asked = 0;
  #taken = 0;

  private constructor(
    private version: number,
    private readonly source: KeySource,
  ) {}

  /**
   * Reads the keys of a tenant.
   * @param version of the tenant, as it is before
   * @throws {DatabaseUnavailable}
   */
  static async load(version: number, source: KeySource): Promise<KeyRing> {
    const ring = new KeyRing(version, source);
    await ring.#takeAnew();
    return ring;
  }

  #take(rows: readonly SigningKey[], published: Map<string, PublishedKey>): void {
    this.#rows = rows;
    this.#published = published;
    this.#signers = new Map([...this.#signers].filter(([kid]) => published.has(kid)));
    this.#signing = undefined;
    this.#publication = undefined;
  }

  /**
   * What a row says of its public key is not believed: whoever writes to the database alone could put one there that is theirs. A tenant whose
   * tokens live for long may have many keys: others are served meanwhile.
   */
  async #readAll(rows: readonly SigningKey[]): Promise<Map<string, PublishedKey>> {
    const published = new Map<string, PublishedKey>();
    for (const [index, row] of rows.entries()) {
      if (index % READ_AT_A_TIME === READ_AT_A_TIME - 1) await setImmediate();
      const key = this.#published.get(row.id) ?? this.#read(row);
      if (key) published.set(row.id, key);
    }
    return published;
  }

  #read(row: SigningKey): PublishedKey | undefined {
    try {
      return toPublishedKey(row, this.source.unlock(row));
    } catch {
      // It is told of when it is to sign.
      return undefined;
    }
  }

  /**
   * Sees to it that the keys are those of a version of the tenant or newer.
   * @throws {DatabaseUnavailable}
   */
  async catchUp(version: number): Promise<void> {
    if (version <= this.version) return;
    if (!this.#reload || this.#reload.version < version) {
      const isDone = this.#takeAnew(version).finally(() => {
        if (this.#reload?.isDone === isDone) this.#reload = undefined;
      });
      this.#reload = { version, isDone };
    }
    await this.#reload.isDone;
  }

  /** Of answers that overtake one another the one that was asked for last counts. */
  async #takeAnew(version = this.version): Promise<void> {
    this.#asked += 1;
    const turn = this.#asked;
    const rows = await this.source.reload();
    const published = await this.#readAll(rows);
    if (turn < this.#taken) return;
    this.#taken = turn;
    this.#take(rows, published);
    this.version = Math.max(this.version, version);
  }

  /**
   * The key that tokens of a kid verify with. One that is not known here may be new: the database is asked, once a second at most.
   * @throws {DatabaseUnavailable}
   */
  async find(kid: string): Promise<PublishedKey | undefined> {
    if (!this.#published.has(kid) && performance.now() - this.#reloadedAt >= LEAST_BETWEEN_RELOADS_MS) {
      this.#reloadedAt = performance.now();
      await this.#takeAnew();
    }
    return this.publishedAt(new Date()).find(({ jwk }) => jwk.kid === kid);
  }

  /** The key that signs now. */
  get active(): ActiveKey {
    const now = Date.now();
    if (!this.#signing || now < this.#signing.from || now >= this.#signing.until) this.#signing = this.#chooseSigner(now);
    return this.#signing.signer;
  }

  #chooseSigner(from: number): Signing {
    const row = activeAt(this.#rows, new Date(from)) as SigningKey;
    const changes = this.#rows.map(({ activatesAt }) => Number(activatesAt)).filter((change) => change > from);
    const known = this.#signers.get(row.id);
    const signer = known ?? new ActiveKey({ kid: row.id, algorithm: row.algorithm as SigningAlgorithm }, this.source.unlock(row));
    this.#signers.set(row.id, signer);
    return { signer, from, until: Math.min(...changes, Number.POSITIVE_INFINITY) };
  }

  /** Every key whose tokens may be alive at a moment, the active one first. */
  publishedAt(moment: Date): readonly PublishedKey[] {
    const at = moment.getTime();
    if (!this.#publication || at < this.#publication.from || at >= this.#publication.until) {
      const changes = this.#rows.flatMap(({ activatesAt, publishedUntil }) => [activatesAt, publishedUntil].map(Number));
      const until = Math.min(...changes.filter((change) => change > at), Number.POSITIVE_INFINITY);
      this.#publication = { keys: this.#choosePublished(moment), from: at, until };
    }
    return this.#publication.keys;
  }

  #choosePublished(moment: Date): PublishedKey[] {
    const active = activeAt(this.#rows, moment);
    const others = this.#rows.filter((row) => row !== active && isPublishedAt(row, moment));
    const published = [...(active ? [active] : []), ...others].flatMap(({ id }) => this.#published.get(id) ?? []);
    // An empty set would be kept by whoever reads it, and refuse what is good.
    if (active && published.length === 0) this.source.unlock(active);
    return published;
  }
}

function toPublishedKey({ id, algorithm }: SigningKey, privateKey: KeyObject): PublishedKey {
  const key = createPublicKey(privateKey);
  return { key, jwk: publicJwkOf(key, { kid: id, algorithm }) };
}

/** A public key with its name and what it is for. */
export function publicJwkOf(key: KeyObject, { kid, algorithm }: { kid: string; algorithm: string }): PublicJwk {
  return { ...(key.export({ format: 'jwk' }) as PublicJwk), kid, alg: algorithm, use: 'sig' };
}
