import { hash } from 'node:crypto';

/** From where the public keys of somebody else come: they are described there, or are there themselves. */
export interface KeySource {
  kind: 'discovery' | 'jwks';
  url: string;
}

/** The source of an issuer's keys; undefined where they were given. */
export function sourceOf({
  issuer,
  jwksUri,
  jwks,
}: {
  issuer: string;
  jwksUri: string | null;
  jwks: object | null;
}): KeySource | undefined {
  if (jwks) return undefined;
  return jwksUri === null ? { kind: 'discovery', url: issuer } : { kind: 'jwks', url: jwksUri };
}

/** By which a source is found in the database. */
export function keyOfSource({ kind, url }: KeySource): string {
  return digestOf(kind, url);
}

/** By which texts of any length are found: SHA-256 of them together, in base64url. */
export function digestOf(...texts: readonly string[]): string {
  return hash('sha256', JSON.stringify(texts), 'base64url');
}
