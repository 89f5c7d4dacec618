import { LRUCache } from 'lru-cache';
import { breathe } from './breath.js';
import { PartyLines } from './party-lines.js';

/** Whose turn comes when nobody else waits: who has not proved who they are, and may say to be anybody. */
export const STRANGERS = '';

/** As one of whom somebody waits. */
export interface Member {
  /** Whose crowd they may be one of: crowds take turns. */
  crowd: string;
  /** Who they are in it: so do these. */
  name: string;
}

interface Waiting extends Member {
  begin(): void;
}

/** Crowds whose members' turns are remembered. Of one that is forgotten all stand where they stood at first. */
const MOST_KNOWN = 1_000;

/**
 * Lets those who ask for what takes long begin one after the other: what many sent at the same moment would otherwise be worked on to its
 * end before anybody else is heard. Crowds take turns, and so do the members of one; fewer when theirs cost more.
 */
export class Turns {
  readonly #crowds = new PartyLines<PartyLines<Waiting>>();
  readonly #members = new LRUCache<string, PartyLines<Waiting>>({ max: MOST_KNOWN });
  readonly #strangers = new PartyLines<Waiting>();
  #isTaken = false;

  /** Waits until it is somebody's turn. */
  take(member: Member): Promise<void> {
    const { crowd, name } = member;
    if (!this.#isTaken) {
      this.#crowds.pass(crowd);
      this.#membersOf(crowd).pass(name);
      this.#hold(member);
      return Promise.resolve();
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#membersOf(crowd).add(name, { ...member, begin: resolve });
    if (crowd !== STRANGERS) this.#crowds.add(crowd, this.#membersOf(crowd));
    return promise;
  }

  /** Notes what somebody's turn has cost beside itself: the next one comes when others had as much. @param turns in turns of which each is short */
  spend({ crowd, name }: Member, turns: number): void {
    this.#crowds.spend(crowd, turns);
    this.#membersOf(crowd).spend(name, turns);
  }

  #membersOf(crowd: string): PartyLines<Waiting> {
    if (crowd === STRANGERS) return this.#strangers;
    const members = this.#members.get(crowd) ?? new PartyLines<Waiting>();
    this.#members.set(crowd, members);
    return members;
  }

  #hold(member: Member): void {
    this.#isTaken = true;
    this.spend(member, 1);
    void breathe().then(() => {
      const next = (this.#crowds.next() ?? this.#strangers).next();
      if (next) this.#hold(next);
      else this.#isTaken = false;
      next?.begin();
    });
  }
}
