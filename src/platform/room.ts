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
}
