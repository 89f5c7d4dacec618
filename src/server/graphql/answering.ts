import { RequestNotes } from '../../platform/http/request-notes.js';
import type { Held } from '../../platform/queues/held.js';
import type { GiveBack } from '../../platform/queues/places.js';
import type { Principal } from '../../tenants/caller.js';
import type { RunningFields } from './running-fields.js';

/** What is known of a request to `/graphql` once it was found out who sent it. */
interface Answering {
  /** Absent for a stranger. */
  principal: Principal | undefined;
  /** When that was, of `performance.now()`. */
  foundAt: number;
  /** Until its answer is made, and nothing is looked for any more. */
  held: Held;
  running: RunningFields;
  /** Gives back the place in which it is read. */
  endReading: GiveBack;
  /** Of the answer to a mutation that is being made: says its length anew. */
  recount: (length: number) => void;
}

export const answering = new RequestNotes<Answering>();
