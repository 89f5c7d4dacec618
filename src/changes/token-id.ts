import { stringify } from 'uuid';

/** What the id of a token says of its origin. */
export interface TokenOrigin {
  /** Of the client, when it was read for this token. */
  epoch: string;
  /** The secret that the client proved itself with; absent when it used a key of its own. */
  secretId: string | undefined;
}

/**
 * The `jti` of a token: where it came from, and enough at random to be unlike any other. So a token
 * can be cut with its client, with its secret or by itself, though none is stored.
 * @param random without a dot
 */
export function makeTokenId({ epoch, secretId }: TokenOrigin, random: string): string {
  const secret = secretId === undefined ? '' : Buffer.from(secretId.replaceAll('-', ''), 'hex').toString('base64url');
  return `${epoch}.${secret}.${random}`;
}

/** Reads the origin of a token of ours back; one of an older release has an empty epoch and no secret. */
export function originOf(tokenId: string): TokenOrigin {
  const [epoch = '', secret = '', random] = tokenId.split('.');
  if (random === undefined) return { epoch: '', secretId: undefined };
  return { epoch, secretId: secret === '' ? undefined : stringify(Buffer.from(secret, 'base64url')) };
}
