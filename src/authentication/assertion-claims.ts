import { CLOCK_TOLERANCE_SECONDS } from '../platform/clock-tolerance.js';

const LONGEST_ASSERTION_SECONDS = 3600;
/** What an assertion may call itself, in lower case and without `application/`. @see https://www.rfc-editor.org/rfc/rfc7519#section-5.1 */
const TYPES = ['jwt', 'client-authentication+jwt'];

/**
 * Says why an assertion is refused whose signature is right and which oidc-provider would take: it was made for something else, or
 * for others too, or lives for too long.
 * @returns a sentence for the log, undefined when all is well
 * @see https://www.rfc-editor.org/rfc/rfc7523#section-3
 */
export function findAssertionFault(claims: object, header: object): string | undefined {
  const { aud, iat, exp, nbf } = claims as Record<string, unknown>;
  const now = Date.now() / 1000;
  if (!isAssertionType((header as { typ?: unknown }).typ)) return 'typ is that of another kind of token';
  if ('crit' in header) return 'crit asks for an extension';
  if (Array.isArray(aud) && aud.length !== 1) return 'aud names several audiences';
  if ([iat, exp, nbf].some((moment) => moment !== undefined && !Number.isFinite(moment))) return 'a moment is no finite number';
  if (Number(iat ?? 0) > now + CLOCK_TOLERANCE_SECONDS) return 'the assertion comes from the future';
  if (Number(exp) > now + LONGEST_ASSERTION_SECONDS + CLOCK_TOLERANCE_SECONDS) return 'the assertion lives for too long';
  return undefined;
}

function isAssertionType(typ: unknown): boolean {
  if (typ === undefined) return true;
  return typeof typ === 'string' && TYPES.includes(typ.toLowerCase().replace(/^application\//, ''));
}
