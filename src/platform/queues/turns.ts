import { breathe } from './breath.js';
import { CrowdLines, type Member } from './crowd-lines.js';

/** Whose turn comes when nobody else waits: who has not proved who they are, and may say to be anybody. */
export const STRANGERS = '';

interface Waiting extends Member {
  begin(): void;
}

/**
 * Lets those who ask for what takes long begin one after the other: what many sent at the same moment would otherwise be worked on to its
 * end before anybody else is heard. Crowds take turns, and so do the members of one; fewer when theirs cost more.
 */
export class Turns {
  readonly #known = new CrowdLines<Waiting>();
  readonly #strangers = new CrowdLines<Waiting>();
  #isTaken = false;

  /** Waits until it is somebody's turn. */
  take(member: Member): Promise<void> {
    if (!this.#isTaken) {
      this.#linesOf(member).pass(member);
      this.#hold(member);
      return Promise.resolve();
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#linesOf(member).add(member, { ...member, begin: resolve });
    return promise;
  }

  /** Notes what somebody's turn has cost beside itself: the next one comes when others had as much. @param turns in turns of which each is short */
  spend(member: Member, turns: number): void {
    this.#linesOf(member).spend(member, turns);
  }

  #linesOf({ crowd }: Member): CrowdLines<Waiting> {
    return crowd === STRANGERS ? this.#strangers : this.#known;
  }

  #hold(member: Member): void {
    this.#isTaken = true;
    this.spend(member, 1);
    void breathe().then(() => {
      const next = this.#known.next() ?? this.#strangers.next();
      if (next) this.#hold(next);
      else this.#isTaken = false;
      next?.begin();
    });
  }
}
