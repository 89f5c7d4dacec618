import { parseJwks } from './jwks-text';

/** Where the public keys of somebody come from: from the issuer itself, from an address, or as a set that was pasted. */
export type KeysFrom = 'issuer' | 'address' | 'set';

/** Public keys as a form has them: what was typed for each choice, and which of them counts. */
export interface KeysDraft {
  from: KeysFrom;
  address: string;
  set: string;
}

/** Keys as the API has them. */
interface KnownKeys {
  jwks?: object | null;
  jwksUri?: string | null;
}

/** Keys as a form has them. @param otherwise where they come from when there is neither a set nor an address */
export function toKeysDraft({ jwks, jwksUri }: KnownKeys, otherwise: KeysFrom): KeysDraft {
  const from = jwksUri ? 'address' : jwks ? 'set' : otherwise;
  return { from, address: jwksUri ?? '', set: jwks ? JSON.stringify(jwks, null, 2) : '' };
}

/** What counts of them, in words. */
export function keysInWords({ from, address, set }: KeysDraft): string {
  if (from === 'issuer') return 'from the issuer';
  return from === 'address' ? address.trim() : set.trim();
}

/** What is wrong with keys before the server is asked; null when nothing is. */
export function findKeysFault({ from, address, set }: KeysDraft): string | null {
  if (from === 'set') return parseJwks(set).fault;
  if (from === 'address' && !/^https?:\/\/./.test(address.trim())) return 'Give an https URL.';
  return null;
}

/** Keys in the form of the API. One takes the place of the other. */
export function toKeysInput({ from, address, set }: KeysDraft): { jwks: Record<string, unknown> | null } | { jwksUri: string | null } {
  if (from === 'set') return { jwks: parseJwks(set).jwks };
  return { jwksUri: from === 'address' ? address.trim() : null };
}
