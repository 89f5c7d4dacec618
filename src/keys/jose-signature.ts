const P256_BYTES = 32;
/** Of a DER element this short: its tag and its length. */
const DER_HEADER_BYTES = 2;

/**
 * An ECDSA signature of P-256 as JOSE has it, two numbers of 32 bytes, from the DER that OpenSSL gives.
 * @see https://www.rfc-editor.org/rfc/rfc7518#section-3.4
 */
export function toJoseSignature(der: Buffer): Buffer {
  const signature = Buffer.alloc(2 * P256_BYTES);
  const sAt = putInteger(der, DER_HEADER_BYTES, signature, P256_BYTES);
  putInteger(der, sAt, signature, 2 * P256_BYTES);
  return signature;
}

/** DER's integers have no more bytes than they need, and a zero before one that would look negative. @returns where the next one begins */
function putInteger(der: Buffer, at: number, target: Buffer, end: number): number {
  const start = at + DER_HEADER_BYTES;
  const next = start + (der[at + 1] as number);
  const first = Math.max(start, next - P256_BYTES);
  der.copy(target, end - (next - first), first, next);
  return next;
}
