import { stringify } from 'uuid';

/** What the id of a token says of its origin. */
export interface TokenOrigin {
  /** Of the client, when it was read for this token. */
  epoch: string;
  /** The secret that the client proved itself with; absent when it used something else. */
  secretId?: string | undefined;
  /** The credential that a token of a trusted issuer fitted; absent when it used something else. */
  federation?: FederatedOrigin | undefined;
}

/** By what a token of somebody else counted. */
export interface FederatedOrigin {
  credentialId: string;
  /** Of the issuer, when it was read for this token. */
  issuerEpoch: string;
}

/**
 * The `jti` of a token: where it came from, and enough at random to be unlike any other. So a token
 * can be cut with its client, with its secret or its issuer, or by itself, though none is stored.
 * @param random without a dot
 */
export function makeTokenId({ epoch, secretId, federation }: TokenOrigin, random: string): string {
  const parts = [epoch, secretId === undefined ? '' : shorten(secretId), random];
  return [...parts, ...(federation ? [shorten(federation.credentialId), federation.issuerEpoch] : [])].join('.');
}

/** Reads the origin of a token of ours back; one of an older release has an empty epoch and no secret. */
export function originOf(tokenId: string): TokenOrigin {
  const [epoch = '', secret = '', random, credential, issuerEpoch = ''] = tokenId.split('.');
  if (random === undefined) return { epoch: '' };
  const federation = credential === undefined ? undefined : { credentialId: lengthen(credential), issuerEpoch };
  return { epoch, secretId: secret === '' ? undefined : lengthen(secret), federation };
}

/** An id in 22 characters. */
function shorten(id: string): string {
  return Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url');
}

function lengthen(short: string): string {
  return stringify(Buffer.from(short, 'base64url'));
}
