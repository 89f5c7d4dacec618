import type { Socket } from 'node:net';
import { CrowdLines, type Member } from './crowd-lines.js';

/** What takes longer waits for something itself, such as a lock of somebody else. */
const LONGEST_TURN_MS = 250;

/** Gives a place back; a second time does nothing. */
export type GiveBack = () => void;

/** How a place is waited for. */
export interface Wait {
  /** As one of whom: crowds take turns, and so do the members of one. */
  member: Member;
  /** Until when, of `performance.now()`. */
  deadline: number;
  /** How whoever waited in vain fails. */
  tooLate(): Error;
  /** Whether it comes before all who wait. */
  isFirst?: boolean;
  /** Over which it was asked for: when it closes nobody waits any more. */
  connection?: Socket;
}

interface Waiting {
  let(giveBack: GiveBack): void;
  member: Member;
}

/** A semaphore: so many places, which more want at a time. They are given by turns of crowds and of their members. */
export class Places {
  readonly #waiting = new CrowdLines<Waiting>();
  readonly #first: Waiting[] = [];
  #free: number;

  constructor(private readonly size: number) {
    this.#free = size;
  }

  /** Whether nobody has one. */
  get areFree(): boolean {
    return this.#free === this.size;
  }

  /** Waits for a place. */
  take({ member, deadline, tooLate, isFirst = false, connection }: Wait): Promise<GiveBack> {
    if (connection?.destroyed) return Promise.reject(tooLate());
    if (this.#free > 0) {
      this.#waiting.pass(member);
      return Promise.resolve(this.#give(member));
    }
    const { promise, resolve, reject } = Promise.withResolvers<GiveBack>();
    const waiting: Waiting = {
      member,
      let: (giveBack) => {
        endWait();
        resolve(giveBack);
      },
    };
    const forget = isFirst ? this.#addFirst(waiting) : this.#waiting.add(member, waiting);
    const leave = () => {
      endWait();
      forget();
      reject(tooLate());
    };
    const timer = setTimeout(leave, Math.max(0, deadline - performance.now()));
    const endWait = () => {
      clearTimeout(timer);
      connection?.off('close', leave);
    };
    connection?.once('close', leave);
    return promise;
  }

  #addFirst(waiting: Waiting): () => void {
    this.#first.push(waiting);
    return () => this.#first.splice(this.#first.indexOf(waiting), 1);
  }

  #give(member: Member): GiveBack {
    this.#free -= 1;
    const began = performance.now();
    let isBack = false;
    return () => {
      if (isBack) return;
      isBack = true;
      this.#free += 1;
      this.#waiting.spend(member, Math.min(performance.now() - began, LONGEST_TURN_MS));
      const next = this.#first.shift() ?? this.#waiting.next();
      next?.let(this.#give(next.member));
    };
  }
}

/** So many places for each of those that have a name. */
export class PlacesByName {
  readonly #places = new Map<string, Places>();

  constructor(private readonly size: number) {}

  /** Waits for a place of those of one name. */
  async take(name: string, wait: Wait): Promise<GiveBack> {
    if (wait.connection?.destroyed) throw wait.tooLate();
    const places = this.#places.get(name) ?? new Places(this.size);
    this.#places.set(name, places);
    const giveBack = await places.take(wait);
    return () => {
      giveBack();
      if (places.areFree && this.#places.get(name) === places) this.#places.delete(name);
    };
  }
}
