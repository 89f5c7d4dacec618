import { authenticationRoom } from '../authentication/room.js';
import { changesRoom } from '../changes/room.js';
import { clientsRoom } from '../clients/room.js';
import { keysRoom } from '../keys/room.js';
import { peopleRoom } from '../people/room.js';
import type { Encrypted, Room, Route, Watchers } from '../platform/room.js';
import { tenantsRoom } from '../tenants/room.js';
import { tokensRoom } from '../tokens/room.js';
import { tenantManagementRoom } from './tenants/room.js';

/** Every room that has something of which others have to know all, in the order of the house. */
export const ROOMS = [
  tenantsRoom,
  changesRoom,
  clientsRoom,
  keysRoom,
  authenticationRoom,
  peopleRoom,
  tokensRoom,
  tenantManagementRoom,
] as const;

/** What all rooms together work with. */
type PartsOf<R> = R extends Room<infer Parts> ? (parts: Parts) => void : never;
type AllParts = PartsOf<(typeof ROOMS)[number]> extends (parts: infer Parts) => void ? Parts : never;

const rooms: readonly Room<AllParts>[] = ROOMS;

/** All tables. */
export const ENTITIES = rooms.flatMap(({ entities = [] }) => entities);

/** All input types that have rules. */
export const INPUTS = rooms.flatMap(({ inputs = [] }) => inputs);

/** All classes that answer GraphQL fields. */
export const RESOLVERS = rooms.flatMap(({ resolvers = [] }) => resolvers);

/** What belongs to a tenant, in an order in which it can be removed: what stands on something else goes before it. */
export const BELONGINGS = rooms.toReversed().flatMap(({ belongings = [] }) => belongings);

/** All that rooms count. */
export const COUNTERS = rooms.flatMap(({ counters = [] }) => counters);

/** What anybody may read, pages of other origins too, and stays true while the database is away. */
export const PUBLIC_PATHS = rooms.flatMap(({ publicPaths = [] }) => publicPaths);

/** What is also answered at hosts at which clients are asked for a certificate. */
export const MTLS_PATHS = rooms.flatMap(({ mtlsPaths = [] }) => mtlsPaths);

/** Where a query of its own asks whether the tenant is still served. */
export const PATHS_THAT_ASK_AGAIN = rooms.flatMap(({ pathsThatAskAgain = [] }) => pathsThatAskAgain);

/** An instance of each of {@link RESOLVERS}. */
export function createResolvers(parts: AllParts): object[] {
  return rooms.flatMap((room) => room.createResolvers?.(parts) ?? []);
}

/** What is answered beside GraphQL. */
export async function routesOf(parts: AllParts, watchers: Watchers): Promise<Route[]> {
  return (await Promise.all(rooms.map((room) => room.routes?.(parts, watchers) ?? []))).flat();
}

/** All that is under the encryption key, in the order in which it is renewed. */
export function encryptedOf(parts: AllParts): Encrypted[] {
  const encrypted = rooms.flatMap((room) => room.encrypted?.(parts) ?? []);
  return encrypted.toSorted((one, other) => Number(other.sealsBackups === true) - Number(one.sealsBackups === true));
}

/** Each forgets, in the database, what has expired by now. */
export function sweepsOf(parts: AllParts, now: Date): (() => Promise<unknown>)[] {
  return rooms.flatMap((room) => room.sweeps?.(parts, now) ?? []);
}
