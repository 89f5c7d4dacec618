/** A character as it may stand in a URL: by itself, or percent-encoded, even more than once. */
const as = (plain: string, hexadecimal: string) => `(?:${plain}|%(?:25)*${hexadecimal})`;
/** `lk_` and 49 of base62, which `clients/secret` makes; somebody may have made its beginning large. Longer runs are no secret, but may hold one. */
const [L, K, UNDERSCORE] = [as('[lL]', '[46][cC]'), as('[kK]', '[46][bB]'), as('_', '5[fF]')];
const BASE62 = `${as('[0-9A-Za-z]', '(?:3[0-9]|[46][1-9a-fA-F]|[57][0-9aA])')}{49}`;
const SECRET = `${L}${K}${UNDERSCORE}${BASE62}`;
/** One whose beginning was taken for the end of another before it. */
const BEHIND = `(?:${K}?${UNDERSCORE}${BASE62})*`;
/** What JSON has for a character of its own: it belongs to no run behind it. */
const ESCAPE = '\\\\u[0-9a-fA-F]{4}|\\\\.';
/** Runs that may have tokens in them, each as a whole: a search that began anew at each place would take the square of their length. */
const RUN = new RegExp(`${ESCAPE}|[\\w.%-]+`, 'g');
const BASE64_RUN = new RegExp(`${ESCAPE}|[0-9A-Za-z+/_%-]+`, 'g');
/** As long as a client id and a secret are in a Basic header. */
const LEAST_BASE64 = 68;
const OUTSIDE_BASE64 = /[^0-9A-Za-z+/_-]+/;
const MOST_READINGS = 4;
/** How a JWS or a JWE begins: the base64url of an object, some of which are written with white space. @see https://www.rfc-editor.org/rfc/rfc7515#section-7.1 */
const HEADER_SIGN = /ey[AJ]|ew[0ko]/;
const HEADER_SIGNS = new RegExp(HEADER_SIGN, 'g');
const HEADER = /^\{\s*"[^"]{1,40}"\s*:/;
/** Enough of a header to see that it is one. */
const HEADER_CHARACTERS = 64;
const LEAST_PARTS = 3;
const PLAIN = new RegExp(SECRET + BEHIND, 'g');
/** What every plain one has in it; most lines have nothing of it, and one is written for each token. */
const SIGNS = /lk|%/i;
const WITHIN = new RegExp(SECRET);
const SHIFTS = [0, 1, 2, 3];

/** What stands in place of a secret. */
const MARK = '[redacted]';

/**
 * Takes out of a text, or of a line of JSON, what has the form of a secret or of a token: by itself, percent-encoded, or in base64. For
 * what leaves the process and may hold what somebody sent in the wrong place.
 */
export function redact(text: string): string {
  const plain = SIGNS.test(text) ? text.replace(PLAIN, MARK) : text;
  const bare = HEADER_SIGN.test(plain) || plain.includes('%') ? plain.replace(RUN, withoutTokens) : plain;
  return bare.replace(BASE64_RUN, (run) => (run.length >= LEAST_BASE64 && encodesSecret(run) ? MARK : run));
}

/** @param run parts with dots between them; of one that is percent-encoded nobody can say where a secret or a token ends */
function withoutTokens(run: string): string {
  if (!run.includes('%')) return withoutPlainTokens(run);
  return readings(run).some((text) => holdsToken(text) || WITHIN.test(text)) ? MARK : run;
}

function holdsToken(text: string): boolean {
  return withoutPlainTokens(text) !== text;
}

/** Where a token ends nobody can say either: what is behind it goes with it. */
function withoutPlainTokens(run: string): string {
  const parts = run.split('.');
  for (let place = 0; place + LEAST_PARTS <= parts.length; place += 1) {
    const part = parts[place] as string;
    const header = findHeader(part);
    if (header >= 0) return [...parts.slice(0, place), part.slice(0, header) + MARK].join('.');
  }
  return run;
}

/** Where the header of a token begins in what stands before a dot: the sign of one is in words as well, such as keyJoiner. */
function findHeader(part: string): number {
  for (const { index: place } of part.matchAll(HEADER_SIGNS)) {
    const beginning = Buffer.from(part.slice(place, place + HEADER_CHARACTERS), 'base64url').toString('latin1');
    if (HEADER.test(beginning)) return place;
  }
  return -1;
}

/** Base64 is of anything else as a rule, such as a digest. A run may begin with what does not belong to it. */
function encodesSecret(run: string): boolean {
  const pieces = readings(run).flatMap((text) => text.split(OUTSIDE_BASE64));
  return pieces.some((piece) => piece.length >= LEAST_BASE64 && SHIFTS.some((shift) => decodesToSecret(piece.slice(shift))));
}

function decodesToSecret(base64: string): boolean {
  const text = Buffer.from(base64, 'base64').toString('latin1');
  return WITHIN.test(text) || (HEADER_SIGN.test(text) && holdsToken(text));
}

/** A text as it is, and with percent-encoding taken off once, twice and so on: what stands before it may look like a part of that. */
function readings(text: string): string[] {
  const all = [text];
  for (let last = text; all.length < MOST_READINGS && last.includes('%'); ) {
    const next = decode(last);
    if (next === last) break;
    all.push(next);
    last = next;
  }
  return all;
}

/** Takes percent-encoding off, and leaves what is none. */
function decode(text: string): string {
  return text.replace(/%(?:25)*([0-9A-Fa-f]{2})/g, (_, hexadecimal: string) => String.fromCharCode(Number.parseInt(hexadecimal, 16)));
}
