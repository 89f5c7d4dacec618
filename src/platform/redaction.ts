/** A character as it may stand in a URL: by itself, or percent-encoded, even more than once. */
const as = (plain: string, hexadecimal: string) => `(?:${plain}|%(?:25)*${hexadecimal})`;
/** `lk_` and 49 of base62, which `clients/secret` makes; somebody may have made its beginning large. Longer runs are no secret, but may hold one. */
const SECRET = `${as('[lL]', '[46][cC]')}${as('[kK]', '[46][bB]')}${as('_', '5[fF]')}${as('[0-9A-Za-z]', '(?:3[0-9]|[46][1-9a-fA-F]|[57][0-9aA])')}{49}`;
/** What may have tokens in it, as a whole: a search that began anew at each place would take the square of its length. */
const RUN = /[\w.%-]+/g;
/** How the first part of a JWS or a JWE ends: it is base64url of an object. @see https://www.rfc-editor.org/rfc/rfc7515#section-7.1 */
const HEADER = /eyJ[\w-]{5,}$/;
const LEAST_PARTS = 3;
const MOST_PARTS = 5;
/** As long as a client id and a secret are in a Basic header. */
const BASE64 = '(?<![0-9A-Za-z+/_%-])[0-9A-Za-z+/_%-]{68,}';
const PLAIN = new RegExp(SECRET, 'g');
const ENCODED = new RegExp(BASE64, 'g');
/** What every plain one has in it; most lines have nothing of it, and one is written for each token. */
const SIGNS = /lk|%/i;
const WITHIN = new RegExp(SECRET);
const SHIFTS = [0, 1, 2, 3];

/** What stands in place of a secret. */
const MARK = '[redacted]';

/**
 * Takes out of a text what has the form of a secret or of a token: by itself, percent-encoded, or in base64. For what leaves the process
 * and may hold what somebody sent in the wrong place.
 */
export function redact(text: string): string {
  const plain = SIGNS.test(text) ? text.replace(PLAIN, MARK) : text;
  const bare = /eyJ|%/.test(plain) ? plain.replace(RUN, withoutTokens) : plain;
  return bare.replace(ENCODED, (run) => (holdsSecret(run) ? MARK : run));
}

/** @param run parts with dots between them; of one that is percent-encoded nobody can say where a token ends */
function withoutTokens(run: string): string {
  if (!run.includes('%')) return withoutPlainTokens(run);
  const decoded = decode(run);
  return withoutPlainTokens(decoded) === decoded ? run : MARK;
}

function withoutPlainTokens(run: string): string {
  const parts = run.split('.');
  const kept: string[] = [];
  for (let place = 0; place < parts.length; place += 1) {
    const part = parts[place] as string;
    const header = place + LEAST_PARTS <= parts.length ? HEADER.exec(part) : null;
    kept.push(header ? part.slice(0, header.index) + MARK : part);
    if (header) place += MOST_PARTS - 1;
  }
  return kept.join('.');
}

/** Base64 is of anything else as a rule, such as a digest. A run may begin with what does not belong to it. */
function holdsSecret(run: string): boolean {
  const decoded = decode(run);
  return SHIFTS.some((shift) => WITHIN.test(Buffer.from(decoded.slice(shift), 'base64').toString('latin1')));
}

/** Takes percent-encoding off, also where it was done more than once, and leaves what is none. */
function decode(text: string): string {
  return text.replace(/%(?:25)*([0-9A-Fa-f]{2})/g, (_, hexadecimal: string) => String.fromCharCode(Number.parseInt(hexadecimal, 16)));
}
