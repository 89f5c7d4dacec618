import type { CustomFetch, ServerMetadata } from 'openid-client';

/** Of a provider's metadata, in bytes, which is kept for a while. Most have less than 8,000. */
const LONGEST_METADATA = 32_000;
/** Whoever sets out to sign in is sent there, and anybody may. */
const LONGEST_ENDPOINT = 2_000;
/** Of four bytes, in base64url. */
const LONGEST_EXPONENT = 6;

/** Takes no metadata that is longer than those of any provider, before it is parsed. */
export function withShortMetadata(fetch: CustomFetch): CustomFetch {
  return async (url, options) => {
    const answer = await fetch(url, options);
    const { byteLength } = await answer.clone().arrayBuffer();
    if (byteLength > LONGEST_METADATA) throw new Error('the metadata is too long');
    return answer;
  };
}

/** @throws when the metadata has an endpoint that is too long to send anybody there */
export function requireShortEndpoint({ authorization_endpoint: endpoint }: ServerMetadata): void {
  if (String(endpoint).length > LONGEST_ENDPOINT) throw new Error('the authorization endpoint is too long');
}

/** Takes no answer that has an RSA key whose exponent is of the length of its modulus: a check with it takes as long as hundreds of others. */
export function withBoundedKeys(fetch: CustomFetch): CustomFetch {
  return async (url, options) => {
    const answer = await fetch(url, options);
    const body: unknown = await answer
      .clone()
      .json()
      .catch(() => null);
    const { keys } = (body ?? {}) as { keys?: unknown };
    if (Array.isArray(keys) && keys.some(hasLongExponent)) throw new Error('a key has an exponent that is too long');
    return answer;
  };
}

function hasLongExponent(key: unknown): boolean {
  const { e = '' } = (key ?? {}) as { e?: unknown };
  // Whatever it is: whoever reads it makes a text of it.
  return String(e).length > LONGEST_EXPONENT;
}
