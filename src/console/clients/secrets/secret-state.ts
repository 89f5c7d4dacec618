import type { SecretRowFragment } from '../../api/generated';

/** What ends now has ended, as far as whoever reads it is concerned. */
const NOW_MS = 1_000;

/** Whether a secret works at this moment. @param now milliseconds since 1970 */
export function isLive({ expiresAt }: Pick<SecretRowFragment, 'expiresAt'>, now: number): boolean {
  return expiresAt == null || Date.parse(expiresAt) > now + NOW_MS;
}
