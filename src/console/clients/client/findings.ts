import { lifetimeInWords, roughly } from '../../words/duration';
import { relatively } from '../../words/moment';
import { countRequests } from '../refusals';
import { isLive } from '../secrets/secret-state';
import type { ShownClient } from './shown-client';

/** Something about a client that deserves a look, and what to do about it. */
export interface Finding {
  text: string;
  /** Whether it does not wait. */
  isPressing: boolean;
}

const HOUR_SECONDS = 3600;
const HOUR_MS = HOUR_SECONDS * 1000;
const DAY_MS = 24 * HOUR_MS;
const UNUSED_DAYS = 90;
const SOON_MS = 3 * DAY_MS;
/** So many tokens within the life of one: not some instances that have one each, but somebody who keeps none. */
const WASTEFUL = 20;
const REFUSED_HOURS = [3, 24];
const REFUSED_LEAST = 5;

/** What deserves a look. @param now milliseconds since 1970 */
export function findingsOf(client: ShownClient, now: number): Finding[] {
  const found = [leaked(client), expiring(client, now), refused(client), wasteful(client, now), unused(client, now), longLived(client)];
  return found.filter((finding) => finding !== undefined);
}

function leaked({ secrets }: ShownClient): Finding | undefined {
  const leak = secrets.find((secret) => secret.leak);
  if (!leak?.leak) return undefined;
  const where = leak.leak.url ? `, found at ${leak.leak.url}` : '';
  return pressing(
    `The secret key that ends in ${leak.hint} was reported as leaked${where}, and refused from then on. Find out how it got there.`,
  );
}

function expiring({ secrets, accessTokenLifetime }: ShownClient, now: number): Finding | undefined {
  const ending = secrets.find((secret) => secret.expiresAt && isLive(secret, now) && Date.parse(secret.expiresAt) - now < SOON_MS);
  if (!ending?.expiresAt || !ending.lastUsedAt) return undefined;
  const idleSeconds = (now - Date.parse(ending.lastUsedAt)) / 1000;
  if (idleSeconds > Math.max(HOUR_SECONDS, 2 * accessTokenLifetime)) return undefined;
  return pressing(
    `The secret key that ends in ${ending.hint} expires ${relatively(ending.expiresAt, now)} and was used ${relatively(ending.lastUsedAt, now)}: the application has not changed over to the new one yet.`,
  );
}

/** Judged by the last hours first: a large day hides what goes wrong now. */
function refused({ usage }: ShownClient): Finding | undefined {
  for (const hours of REFUSED_HOURS) {
    const { issued, refused: refusals, areManyRefused } = countRequests(usage.slice(-hours));
    if (refusals < REFUSED_LEAST || !areManyRefused) continue;
    return pressing(
      `${refusals.toLocaleString('en')} of ${(issued + refusals).toLocaleString('en')} requests were refused in the last ${hours} hours: Refusals tells of the last ones what was wrong; a scope that it does not have is refused as well.`,
    );
  }
  return undefined;
}

/** Judged over the hour before this one and this one so far, or over the client's life when that is shorter. */
function wasteful({ usage, accessTokenLifetime, createdAt }: ShownClient, now: number): Finding | undefined {
  const recent = usage.slice(-2);
  const issued = recent.reduce((sum, hour) => sum + hour.issued, 0);
  const since = Math.max(...[recent[0]?.from ?? createdAt, createdAt].map((moment) => Date.parse(moment)));
  const every = (now - since) / 1000 / issued;
  if (issued < WASTEFUL || every <= 0 || every * WASTEFUL > accessTokenLifetime) return undefined;
  const text = `It asks for a new token ${intervalInWords(every)} though one lives ${lifetimeInWords(accessTokenLifetime)}: let it keep its token.`;
  return { text, isPressing: false };
}

function intervalInWords(seconds: number): string {
  if (seconds < 1) return 'several times a second';
  return seconds < 120 ? `every ${Math.round(seconds)} s` : `every ${roughly(Math.round(seconds), 1)}`;
}

function unused({ lastUsedAt, createdAt, enabled }: ShownClient, now: number): Finding | undefined {
  const idle = now - Date.parse(lastUsedAt ?? createdAt);
  if (!enabled || idle < UNUSED_DAYS * DAY_MS) return undefined;
  const since = lastUsedAt ? 'It was not used for' : 'It was never used in the';
  return {
    text: `${since} ${roughly(Math.round(idle / 1000), 1)}${lastUsedAt ? '' : ' since it was created'}. If nobody needs it, disable it.`,
    isPressing: false,
  };
}

function longLived({ accessTokenLifetime }: ShownClient): Finding | undefined {
  if (accessTokenLifetime * 1000 <= DAY_MS) return undefined;
  const text = `Its tokens live ${lifetimeInWords(accessTokenLifetime)}: an API that checks them by itself accepts a stolen one for as long.`;
  return { text, isPressing: false };
}

function pressing(text: string): Finding {
  return { text, isPressing: true };
}
