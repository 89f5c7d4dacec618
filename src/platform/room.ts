import type { Middleware } from 'koa';
import type { Log } from './log.js';
import type { CounterDefinition, Metrics } from './metrics.js';
import type { Reach, Renewal } from './renewal.js';

/** Something that is made with `new`. */
export type Class = new (...parts: never[]) => object;

/** A table whose rows belong to tenants, by `tenant_id`, and go with theirs. */
export interface Belonging {
  entity: Class;
  /** Whether there may be so many of one tenant that they are removed in pieces before it. */
  mayBeMany?: boolean;
  /** What goes with each row and may be many, and by which column it does: it is removed in pieces first. */
  dependents?: readonly { entity: Class; by: string }[];
}

/** What a room keeps under the encryption key. */
export interface Encrypted {
  /** As the record of a change of that key names how many there were. */
  name: string;
  /** Several of them, for the operator. */
  words: string;
  /** It is renewed before all else: none is sealed with a key that has been left. */
  sealsBackups?: boolean;
  /** Encrypts some with the current key. @param after those whose id comes after this one */
  renew(reach: Reach, after: string): Promise<Renewal>;
}

/** What a room answers at a path, the same on every tenant's host. */
export interface Route {
  path: string;
  /** By the method of the request, or whatever it is. */
  on: Partial<Record<'get' | 'post' | 'delete' | 'all', Middleware>>;
}

/** Who is told of what happens to requests. */
export interface Watchers {
  log: Log;
  metrics: Metrics;
}

/**
 * What a room has that others have to know of all rooms. `installation/rooms` lists the rooms, once; whoever has to know all of something
 * folds over that list.
 */
export interface Room<Parts> {
  /** Its tables. */
  entities?: readonly Class[];
  /** Of these, what belongs to tenants and does not go by itself with another row: what is named first is removed first. */
  belongings?: readonly Belonging[];
  /** The input types of its mutations, with the rules that they are held to. */
  inputs?: readonly Class[];
  /** The classes that answer its GraphQL fields. */
  resolvers?: readonly Class[];
  /** An instance of each of these. */
  createResolvers?(parts: Parts): object[];
  /** Each forgets, in the database, what has expired. */
  sweeps?(parts: Parts, now: Date): (() => Promise<unknown>)[];
  /** What it keeps encrypted, beside what it reads by that key alone. */
  encrypted?(parts: Parts): Encrypted[];
  /** What it counts. */
  counters?: readonly CounterDefinition[];
  /** What it answers beside GraphQL. */
  routes?(parts: Parts, watchers: Watchers): Promise<Route[]>;
  /** Of its paths: what anybody may read there, pages of other origins too, and stays true while the database is away. */
  publicPaths?: readonly string[];
  /** Of its paths: what is also answered at hosts at which clients are asked for a certificate. */
  mtlsPaths?: readonly string[];
  /** Of its paths: where a query of its own asks whether the tenant is still served. */
  pathsThatAskAgain?: readonly string[];
}
