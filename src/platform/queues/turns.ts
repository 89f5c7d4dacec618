import type { Socket } from 'node:net';
import { breathe } from './breath.js';
import { CrowdLines, type Member } from './crowd-lines.js';

/** As one of whom somebody waits for a turn. */
export interface Comer extends Member {
  /** Who is known has the crowd of their tenant. All others are strangers, whose turn comes when nobody else waits: their crowd is the network that they come from. */
  rank: 'known' | 'stranger';
}

interface Waiting extends Comer {
  begin(): void;
}

/**
 * A fair queue for the event loop. It lets those who ask for what takes long begin one after the other: what many sent at the same moment
 * would otherwise be worked on to its end before anybody else is heard. Crowds take turns, and so do the members of one; fewer when theirs
 * cost more.
 */
export class Turns {
  readonly #lines = { known: new CrowdLines<Waiting>(), stranger: new CrowdLines<Waiting>() };
  #isTaken = false;

  /**
   * Waits until it is somebody's turn.
   * @param connection over which they asked: nobody waits for an answer when it has closed
   * @returns whether it is; it never comes when the connection has closed
   */
  take(member: Comer, connection?: Socket): Promise<boolean> {
    if (connection?.destroyed) return Promise.resolve(false);
    if (!this.#isTaken) {
      this.#lines[member.rank].pass(member);
      this.#hold(member);
      return Promise.resolve(true);
    }
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const begin = () => {
      connection?.off('close', leave);
      resolve(true);
    };
    const forget = this.#lines[member.rank].add(member, { ...member, begin });
    const leave = () => {
      forget();
      resolve(false);
    };
    connection?.once('close', leave);
    return promise;
  }

  /** Notes what somebody's turn has cost beside itself: the next one comes when others had as much. @param turns in turns of which each is short */
  spend(member: Comer, turns: number): void {
    this.#lines[member.rank].spend(member, turns);
  }

  #next(): Waiting | undefined {
    return this.#lines.known.next() ?? this.#lines.stranger.next();
  }

  #hold(member: Comer): void {
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
