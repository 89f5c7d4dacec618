import type { SecretRowFragment } from '../api/generated';

/** Whether a secret works at this moment. @param now milliseconds since 1970 */
export function isLive({ expiresAt }: Pick<SecretRowFragment, 'expiresAt'>, now: number): boolean {
  return expiresAt == null || Date.parse(expiresAt) > now;
}
