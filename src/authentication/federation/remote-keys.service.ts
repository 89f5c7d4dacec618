import { setTimeout as sleep } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import { type EntityManager, In } from 'typeorm';
import { KeySet } from '../../clients/federation/key-set.entity.js';
import { type KeySource, keyOfSource } from '../../clients/federation/key-source.js';
import { isDuplicate } from '../../platform/database/faults.js';
import { removeInPieces } from '../../platform/database/pieces.js';
import type { Database } from '../../platform/database/transaction.js';
import type { Outbound } from '../../platform/http/outbound.js';
import type { TenantContext } from '../../tenants/caller.js';
import { KeysUnavailable } from '../errors.js';
import { fetchKeys, KeysFault } from './key-fetch.js';
import { ReadyKeys } from './ready-keys.js';

/** Between two questions for the same keys, whatever for; and the first step of the back-off after a failure. */
const PAUSE_MS = 30_000;
const LONGEST_PAUSE_MS = 10 * 60_000;
/** Where there are none to go on with, whoever mends it does not wait for long. */
const LONGEST_PAUSE_WITHOUT_MS = 2 * 60_000;
/** For how long keys serve beyond their time while they cannot be had anew. */
const STALE_MS = 24 * 60 * 60_000;
/** Of whoever has set out to ask nobody hears for longer. */
const ASKING_MS = 12_000;
const LOOK_AGAIN_MS = 200;
/** When what another instance asks for will be here. */
const SOON_MS = 1_000;
/** By how much the clock of another instance may be ahead. */
const CLOCKS_APART_MS = 5 * 60_000;
const MOST_KEYS_AT_HAND = 50_000;
/** Of sources that nobody uses any more. */
const KEPT_MS = 8 * 24 * 60 * 60_000;
/** A key set may have 160 KB. */
const MOST_OF_A_TENANT = 2_000;
const FORGOTTEN_AT_A_TIME = 50;

/** Whether keys have the one that is looked for. */
export type Have = (keys: ReadyKeys) => boolean;

/** Keys as this process has them. */
interface AtHand {
  keys: ReadyKeys;
  /** Milliseconds since 1970, as all that follow. */
  fetchedAt: number;
  freshUntil: number;
  /** Before that nobody asks again. */
  nextAt: number;
  /** Why they could not be had the last time. */
  fault?: string | undefined;
}

const NOTHING: AtHand = { keys: new ReadyKeys({ keys: [] }), fetchedAt: 0, freshUntil: 0, nextAt: 0 };

/**
 * Public keys of others, fetched once for all instances and kept in the database (cache). Each set is one tenant's. They are asked for anew
 * when their time is over, or for a `kid` that is not among them, and then once in 30 s at most: whoever sets out takes the turn first. What
 * fails is remembered, takes nothing away, and is tried again later each time (back-off).
 */
export class RemoteKeys {
  readonly #atHand = new LRUCache<string, AtHand>({ maxSize: MOST_KEYS_AT_HAND, sizeCalculation: ({ keys }) => keys.size + 1 });
  readonly #asking = new Map<string, Promise<AtHand>>();

  constructor(
    private readonly database: Database,
    private readonly outbound: Outbound,
  ) {}

  /**
   * The keys of a source, as new as they have to be: asked for anew where the one that is looked for is not among them.
   * @param have whether it is
   * @throws {KeysUnavailable} when there are none, and they cannot be had at this moment
   */
  async find({ tenant }: TenantContext, source: KeySource, have: Have): Promise<ReadyKeys> {
    const place: Place = { tenantId: tenant.id, source: keyOfSource(source) };
    const name = `${place.tenantId} ${place.source}`;
    const known = this.#atHand.get(name);
    const now = Date.now();
    if (known && isFresh(known, now) && have(known.keys)) return known.keys;
    // As long as nobody may ask, neither the database nor the issuer is.
    let found = known && isPause(known, now) ? known : await this.#askOnce(name, { place, source, have });
    // Somebody else's question was answered, who looked for another key.
    if (!have(found.keys) && !isPause(found, Date.now())) found = await this.#askOnce(name, { place, source, have });
    if (found.keys.size === 0 || now >= found.freshUntil + STALE_MS) throw new KeysUnavailable(secondsUntil(found.nextAt), found.fault);
    return found.keys;
  }

  /** The keys of a source as far as this process has them. */
  peek({ tenant }: TenantContext, source: KeySource): ReadyKeys | undefined {
    return this.#atHand.get(`${tenant.id} ${keyOfSource(source)}`)?.keys;
  }

  /** Asks anew, unless that was done within the last 30 s. @throws {KeysUnavailable} as {@link find} */
  async refresh({ tenant }: TenantContext, source: KeySource): Promise<void> {
    const place: Place = { tenantId: tenant.id, source: keyOfSource(source) };
    await this.#askOnce(`${place.tenantId} ${place.source}`, { place, source, have: () => false });
  }

  /** Forgets keys for which nobody has asked for long. */
  async sweep(now: Date): Promise<void> {
    const until = this.database.moment(new Date(now.getTime() - KEPT_MS));
    await removeInPieces(this.database, { table: 'key_sets', where: 'asked_at < ?', parameters: [until] });
  }

  /** Single flight: however many want the same keys, one looks for them. */
  #askOnce(name: string, question: Question): Promise<AtHand> {
    const asking =
      this.#asking.get(name) ??
      this.#ask(question)
        .then((found) => {
          this.#atHand.set(name, found);
          return found;
        })
        .finally(() => this.#asking.delete(name));
    this.#asking.set(name, asking);
    return asking;
  }

  async #ask({ place, source, have }: Question): Promise<AtHand> {
    for (;;) {
      const row = await this.#read(place);
      const stored = row ? toAtHand(row) : NOTHING;
      const now = Date.now();
      // Another instance may have asked since.
      if (isFresh(stored, now) && have(stored.keys)) return stored;
      const isOnItsWay = row !== null && isAnswerAwaited(row, now);
      if (isOnItsWay && stored.keys.size > 0) return { ...stored, nextAt: Math.min(stored.nextAt, now + SOON_MS) };
      if (isOnItsWay) await sleep(LOOK_AGAIN_MS);
      else if (isPause(stored, now)) return stored;
      else if (await this.#takeTurn(place, row, now)) return this.#fetch({ place, source }, row, now);
    }
  }

  #read(place: Place): Promise<KeySet | null> {
    return this.database.read((manager) => manager.findOneBy(KeySet, place));
  }

  /** Whoever sets out says so first: of several one does. */
  async #takeTurn(place: Place, row: KeySet | null, now: number): Promise<boolean> {
    const turn = { askedAt: new Date(now), nextAt: new Date(now + PAUSE_MS), error: null };
    try {
      return await this.database.write(async (manager) => {
        if (row) return (await manager.update(KeySet, { ...place, nextAt: row.nextAt, askedAt: row.askedAt }, turn)).affected === 1;
        await forgetOldest(manager, place);
        await manager.insert(KeySet, { ...place, ...turn, jwks: null, fetchedAt: null, freshUntil: null, failures: 0 });
        return true;
      });
    } catch (error) {
      if (isDuplicate(error)) return false;
      throw error;
    }
  }

  async #fetch({ place, source }: Omit<Question, 'have'>, row: KeySet | null, askedAt: number): Promise<AtHand> {
    const nextAt = askedAt + PAUSE_MS;
    try {
      const { keys, freshMs } = await fetchKeys(this.outbound, source);
      const fetchedAt = Date.now();
      const found = { jwks: { keys: keys as object[] }, fetchedAt: new Date(fetchedAt), freshUntil: new Date(fetchedAt + freshMs) };
      await this.#store(place, { ...found, nextAt: new Date(nextAt), failures: 0, error: null });
      return { keys: new ReadyKeys(found.jwks), fetchedAt, freshUntil: fetchedAt + freshMs, nextAt };
    } catch (error) {
      if (!(error instanceof KeysFault)) throw error;
      const failures = Math.min((row?.failures ?? 0) + 1, 100);
      const longest = row?.jwks ? LONGEST_PAUSE_MS : LONGEST_PAUSE_WITHOUT_MS;
      const later = Date.now() + Math.min(PAUSE_MS * 2 ** (failures - 1), longest);
      const fault = error.message.slice(0, 200);
      await this.#store(place, { nextAt: new Date(later), failures, error: fault });
      return { ...(row ? toAtHand(row) : NOTHING), nextAt: later, fault };
    }
  }

  async #store(place: Place, values: Partial<KeySet>): Promise<void> {
    await this.database.write((manager) => manager.update(KeySet, place, values as object));
  }
}

/** Of a tenant that has very many those that nobody has asked for longest: they are fetched again where they are needed. */
async function forgetOldest(manager: EntityManager, { tenantId }: Place): Promise<void> {
  if ((await manager.countBy(KeySet, { tenantId })) < MOST_OF_A_TENANT) return;
  const oldest = await manager.find(KeySet, {
    select: { tenantId: true, source: true },
    where: { tenantId },
    order: { askedAt: 'ASC' },
    take: FORGOTTEN_AT_A_TIME,
  });
  await manager.delete(KeySet, { tenantId, source: In(oldest.map(({ source }) => source)) });
}

/** Which keys, and whose. */
interface Place {
  tenantId: string;
  source: string;
}

interface Question {
  place: Place;
  source: KeySource;
  /** Whether keys are those that are looked for. */
  have: Have;
}

function toAtHand({ jwks, fetchedAt, freshUntil, nextAt, error }: KeySet): AtHand {
  return {
    keys: jwks ? new ReadyKeys(jwks) : NOTHING.keys,
    fetchedAt: fetchedAt?.getTime() ?? 0,
    freshUntil: freshUntil?.getTime() ?? 0,
    nextAt: nextAt.getTime(),
    fault: error ?? undefined,
  };
}

/** A clock that went back makes nothing fresh for longer than it was. */
function isFresh({ fetchedAt, freshUntil }: AtHand, now: number): boolean {
  return now < freshUntil && now >= fetchedAt - CLOCKS_APART_MS;
}

/** A clock that went back makes no pause longer than it is. */
function isPause({ nextAt }: AtHand, now: number): boolean {
  return now < nextAt && nextAt - now <= LONGEST_PAUSE_MS;
}

/** Whether an instance has set out to ask, and may still come back. */
function isAnswerAwaited({ askedAt, fetchedAt, error }: KeySet, now: number): boolean {
  return error === null && askedAt > (fetchedAt ?? new Date(0)) && Math.abs(now - askedAt.getTime()) < ASKING_MS;
}

function secondsUntil(moment: number): number {
  return Math.min(Math.max(Math.ceil((moment - Date.now()) / 1000), 1), LONGEST_PAUSE_MS / 1000);
}
