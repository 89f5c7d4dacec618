import type { Socket } from 'node:net';
import { breathe } from './breath.js';
import { CrowdLines, type Member } from './crowd-lines.js';

/** Whose turn comes when nobody else waits: who has not proved who they are, and may say to be anybody. */
export const STRANGERS = '';
/** Who shows what nobody has seen yet. It may be made up, so that all these are one crowd; with every other turn, for there are many who are found. */
export const NEWCOMERS = 'newcomers';

interface Waiting extends Member {
  begin(): void;
}

/**
 * A fair queue for the event loop. It lets those who ask for what takes long begin one after the other: what many sent at the same moment
 * would otherwise be worked on to its end before anybody else is heard. Crowds take turns, and so do the members of one; fewer when theirs
 * cost more.
 */
export class Turns {
  readonly #known = new CrowdLines<Waiting>();
  readonly #newcomers = new CrowdLines<Waiting>();
  readonly #strangers = new CrowdLines<Waiting>();
  #isNewcomersTurn = false;
  #isTaken = false;

  /**
   * Waits until it is somebody's turn.
   * @param connection over which they asked: nobody waits for an answer when it has closed
   * @returns whether it is; it never comes when the connection has closed
   */
  take(member: Member, connection?: Socket): Promise<boolean> {
    if (connection?.destroyed) return Promise.resolve(false);
    if (!this.#isTaken) {
      this.#linesOf(member).pass(member);
      this.#hold(member);
      return Promise.resolve(true);
    }
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const begin = () => {
      connection?.off('close', leave);
      resolve(true);
    };
    const forget = this.#linesOf(member).add(member, { ...member, begin });
    const leave = () => {
      forget();
      resolve(false);
    };
    connection?.once('close', leave);
    return promise;
  }

  /** Notes what somebody's turn has cost beside itself: the next one comes when others had as much. @param turns in turns of which each is short */
  spend(member: Member, turns: number): void {
    this.#linesOf(member).spend(member, turns);
  }

  #linesOf({ crowd }: Member): CrowdLines<Waiting> {
    if (crowd === STRANGERS) return this.#strangers;
    return crowd === NEWCOMERS ? this.#newcomers : this.#known;
  }

  #next(): Waiting | undefined {
    const [first, second] = this.#isNewcomersTurn ? [this.#newcomers, this.#known] : [this.#known, this.#newcomers];
    this.#isNewcomersTurn = !this.#isNewcomersTurn;
    return first.next() ?? second.next() ?? this.#strangers.next();
  }

  #hold(member: Member): void {
    this.#isTaken = true;
    this.spend(member, 1);
    void breathe().then(() => {
      const next = this.#next();
      if (next) this.#hold(next);
      else this.#isTaken = false;
      next?.begin();
    });
  }
}
