import { createRemoteJWKSet, customFetch, decodeJwt, type JWTVerifyGetKey, jwtVerify } from 'jose';
import type { Ledger, TokenEntry } from './ledger.ts';

/** Something that a server has otherwise than it said. */
export interface Finding {
  what: string;
  clientId: string;
  url: string;
  expected?: unknown;
  found?: unknown;
}

/** Every token verifies with the keys that are published now, says what its client was promised, and came before the client's end. */
export async function checkTokens(ledger: Ledger): Promise<Finding[]> {
  const caller = ledger.caller();
  const fetchKeys = async (url: string) => {
    const { text, status } = await caller.ask({ path: new URL(url).pathname });
    return new Response(text, { status: status ?? 503 });
  };
  const keys = createRemoteJWKSet(new URL(`${ledger.issuer}/.well-known/jwks.json`), { [customFetch]: fetchKeys });
  const lives = livesOf(ledger);
  const findings: Finding[] = [];
  for (const entry of ledger.tokens) {
    if (entry.token === undefined) continue;
    const { clientId, url, begin } = entry;
    const { lifetimes, end } = lives.get(clientId) ?? { lifetimes: [], end: Number.POSITIVE_INFINITY };
    const fault = await faultOf(entry, { issuer: ledger.issuer, keys, lifetimes });
    if (fault) findings.push({ what: 'a token', clientId, url, found: fault });
    if (begin > end) findings.push({ what: 'a token of a client that is gone', clientId, url });
  }
  caller.close();
  return findings;
}

/** For each client the lifetimes that it was ever given, and when its deletion was acknowledged. */
function livesOf({ writes }: Ledger): Map<string, { lifetimes: number[]; end: number }> {
  const lives = new Map<string, { lifetimes: number[]; end: number }>();
  for (const { clientId, deed, outcome, end } of writes) {
    const life = lives.get(clientId) ?? { lifetimes: [], end: Number.POSITIVE_INFINITY };
    if ('lifetime' in deed) life.lifetimes.push(deed.lifetime);
    if (deed.kind === 'deleteClient' && outcome === 'acknowledged') life.end = end;
    lives.set(clientId, life);
  }
  return lives;
}

async function faultOf(
  { token = '', clientId, at }: TokenEntry,
  { issuer, keys, lifetimes }: { issuer: string; keys: JWTVerifyGetKey; lifetimes: number[] },
): Promise<string | undefined> {
  try {
    const { payload } = await jwtVerify(token, keys, { issuer, typ: 'at+jwt', currentDate: new Date(at), clockTolerance: 2 });
    if (payload.client_id !== clientId) return `is for ${payload.client_id}`;
    const lifetime = Number(payload.exp) - Number(payload.iat);
    if (lifetimes.length > 0 && !lifetimes.includes(lifetime)) return `lives ${lifetime} seconds`;
    return Math.abs(Number(payload.iat) - at / 1000) > 60 ? `was issued at ${payload.iat}` : undefined;
  } catch (error) {
    return `${error} ${JSON.stringify(decodeJwt(token))}`;
  }
}
