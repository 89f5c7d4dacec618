import type { KeySource } from '../../clients/federation/key-source.js';
import { MOST_FOREIGN_KEYS, usableKey } from '../../clients/keys/foreign-jwks.js';
import type { Jwk } from '../../clients/keys/public-key.js';
import { causesOf } from '../../platform/errors.js';
import type { Outbound } from '../../platform/http/outbound.js';
import { nextSlice } from '../../platform/queues/slices.js';

const LARGEST_DESCRIPTION = 32_000;
/** What Node says of a certificate that it does not take. */
const CERTIFICATE_FAULT = /CERT|VERIFY_LEAF|ALTNAME|ISSUER/;
const DISCOVERY_PATH = '/.well-known/openid-configuration';
const TIMEOUT_MS = 5_000;
const LEAST_FRESH_MS = 5 * 60_000;
const USUAL_FRESH_MS = 60 * 60_000;
const MOST_FRESH_MS = 24 * 60 * 60_000;

/** What was fetched: the keys that signatures can be checked with, and for how long nobody has to ask anew. */
export interface FetchedKeys {
  keys: Jwk[];
  freshMs: number;
}

/** Why keys could not be had, in words for people who manage clients. */
export class KeysFault extends Error {}

/**
 * Fetches the public keys of somebody else, within the bounds of {@link Outbound}; both requests together in five seconds.
 * @throws {KeysFault}
 * @see https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig
 */
export async function fetchKeys(outbound: Outbound, source: KeySource): Promise<FetchedKeys> {
  const get = createGet(outbound, AbortSignal.timeout(TIMEOUT_MS));
  const url = source.kind === 'jwks' ? source.url : await discover(get, source.url);
  const { body, cacheControl } = await get(url);
  const { keys } = parse(body, 'The key set');
  if (!Array.isArray(keys)) throw new KeysFault('The key set has no list of keys.');
  if (keys.length > MOST_FOREIGN_KEYS) throw new KeysFault(`The key set has more than ${MOST_FOREIGN_KEYS} keys.`);
  const usable: Jwk[] = [];
  for (const key of keys) {
    const jwk = usableKey(key);
    if (jwk) usable.push(jwk);
    // Whether a point is on its curve takes a while to find out.
    await nextSlice();
  }
  if (usable.length === 0) throw new KeysFault('The key set has no key for signatures that can be checked here.');
  return { keys: usable, freshMs: freshMs(cacheControl) };
}

type Get = (url: string) => Promise<{ body: string; cacheControl: string }>;

function createGet(outbound: Outbound, signal: AbortSignal): Get {
  return async (url) => {
    const answer = await outbound.fetch(url, { headers: { accept: 'application/json' }, signal }).catch((cause) => {
      const isCertificate = causesOf(cause).some(({ code }: NodeJS.ErrnoException) => CERTIFICATE_FAULT.test(code ?? ''));
      // What else is behind an address is for nobody to find out by asking here.
      const fault = isCertificate
        ? 'has a certificate that is not trusted here, or not for its name, or has expired'
        : 'cannot be reached, redirects, or answers too slowly or too much';
      throw new KeysFault(`${originOf(url)} ${fault}.`, { cause });
    });
    if (answer.status !== 200) throw new KeysFault(`${originOf(url)} answers with the status ${answer.status}.`);
    return { body: await answer.text(), cacheControl: answer.headers.get('cache-control') ?? '' };
  };
}

async function discover(get: Get, issuer: string): Promise<string> {
  const { body } = await get(issuer.replace(/\/$/, '') + DISCOVERY_PATH);
  if (body.length > LARGEST_DESCRIPTION) throw new KeysFault('The issuer describes itself at too great a length.');
  const { issuer: name, jwks_uri: url } = parse(body, 'The description of the issuer');
  if (name !== issuer) throw new KeysFault('The description is that of another issuer: it has to name this one, byte for byte.');
  if (typeof url !== 'string') throw new KeysFault('The issuer does not say where its keys are.');
  return url;
}

function parse(body: string, what: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch (cause) {
    throw new KeysFault(`${what} is no JSON.`, { cause });
  }
  throw new KeysFault(`${what} is no object.`);
}

/** Without the path: it may be long. */
function originOf(url: string): string {
  return URL.parse(url)?.host.slice(0, 100) ?? 'The address of its keys';
}

/** @see https://www.rfc-editor.org/rfc/rfc9111#section-5.2.2 */
function freshMs(cacheControl: string): number {
  if (/\bno-(store|cache)\b/i.test(cacheControl)) return LEAST_FRESH_MS;
  const seconds = /\bmax-age\s*=\s*"?(\d{1,10})/i.exec(cacheControl)?.[1];
  return seconds === undefined ? USUAL_FRESH_MS : Math.min(Math.max(Number(seconds) * 1000, LEAST_FRESH_MS), MOST_FRESH_MS);
}
