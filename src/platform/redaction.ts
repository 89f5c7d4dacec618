/** A character as it may stand in a URL: by itself, or percent-encoded, even more than once. */
const as = (plain: string, hexadecimal: string) => `(?:${plain}|%(?:25)*${hexadecimal})`;
/** `lk_` and 49 of base62, which `clients/secret` makes. Longer runs are no secret, but may hold one. */
const SECRET = `${as('l', '6[cC]')}${as('k', '6[bB]')}${as('_', '5[fF]')}${as('[0-9A-Za-z]', '(?:3[0-9]|[46][1-9a-fA-F]|[57][0-9aA])')}{49}`;
/** A JWS or a JWE: it begins with the base64url of `{"`. @see https://www.rfc-editor.org/rfc/rfc7515#section-7.1 */
const TOKEN = 'eyJ[\\w-]{5,}(?:\\.[\\w-]*){2,4}';
/** As long as a client id and a secret are in a Basic header. */
const BASE64 = '(?<![0-9A-Za-z+/_-])[0-9A-Za-z+/_-]{68,}';
const PLAIN = new RegExp(`${SECRET}|${TOKEN}`, 'g');
const ENCODED = new RegExp(BASE64, 'g');
/** What every plain one has in it; most lines have nothing of it, and one is written for each token. */
const SIGNS = ['lk', '%', 'eyJ'];
const WITHIN = new RegExp(SECRET);
const SHIFTS = [0, 1, 2, 3];

/** What stands in place of a secret. */
const MARK = '[redacted]';

/**
 * Takes out of a text what has the form of a secret or of a token: by itself, percent-encoded, or in base64. For what leaves the process
 * and may hold what somebody sent in the wrong place.
 */
export function redact(text: string): string {
  const plain = SIGNS.some((sign) => text.includes(sign)) ? text.replace(PLAIN, MARK) : text;
  return plain.replace(ENCODED, (run) => (holdsSecret(run) ? MARK : run));
}

/** Base64 is of anything else as a rule, such as a digest. A run may begin with what does not belong to it. */
function holdsSecret(run: string): boolean {
  return SHIFTS.some((shift) => WITHIN.test(Buffer.from(run.slice(shift), 'base64').toString('latin1')));
}
