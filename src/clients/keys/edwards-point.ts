const P = 2n ** 255n - 19n;
const D = 37095705934669439343138083508754565189542113879843219016388785533085940283555n;
const POINT_BYTES = 32;

/**
 * Whether 32 bytes are a point of Ed25519 in its one encoding, and not one of the eight of small order, for which anybody can make
 * signatures. OpenSSL imports any 32 bytes.
 * @see https://www.rfc-editor.org/rfc/rfc8032#section-5.1.3
 */
export function isSafePoint(bytes: Buffer): boolean {
  const y = decodeY(bytes);
  return y !== undefined && !isOfSmallOrder(y) && isOnCurve(y);
}

/** The same without the costly question whether there is such a point, for keys that were asked it before. */
export function isOfLargeOrder(bytes: Buffer): boolean {
  const y = decodeY(bytes);
  return y !== undefined && !isOfSmallOrder(y);
}

/** The bit above y is the sign of x. */
function decodeY(bytes: Buffer): bigint | undefined {
  if (bytes.length !== POINT_BYTES) return undefined;
  const y = BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`) & (2n ** 255n - 1n);
  return y < P ? y : undefined;
}

/** Order 1 and 2 have y = 1 and -1, order 4 has y = 0; a point of order 8 doubles to one with y = 0, which is so when dy⁴ + 2y² = 1. */
function isOfSmallOrder(y: bigint): boolean {
  const square = (y * y) % P;
  return y === 0n || square === 1n || (D * square * square + 2n * square - 1n) % P === 0n;
}

/** x² = (y² - 1) / (dy² + 1) has a root. By Euler's criterion, for the product, which has one exactly when the quotient has. */
function isOnCurve(y: bigint): boolean {
  const square = (y * y) % P;
  return power(((square - 1n + P) * (D * square + 1n)) % P, (P - 1n) / 2n) === 1n;
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (const bit of exponent.toString(2)) result = (((result * result) % P) * (bit === '1' ? base : 1n)) % P;
  return result;
}
