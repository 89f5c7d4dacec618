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

/** The same the other way about, for numbers of up to 48 bytes: as OpenSSL reads it. @see https://www.rfc-editor.org/rfc/rfc3279#section-2.2.3 */
export function fromJoseSignature(signature: Buffer): Buffer {
  const half = signature.length / 2;
  const integers = [signature.subarray(0, half), signature.subarray(half)].map(toInteger);
  return Buffer.concat([
    Buffer.of(
      0x30,
      integers.reduce((sum, { length }) => sum + length, 0),
    ),
    ...integers,
  ]);
}

function toInteger(number: Buffer): Buffer {
  let start = 0;
  while (start < number.length - 1 && number[start] === 0) start += 1;
  const zero = (number[start] as number) >= 0x80 ? [0] : [];
  return Buffer.concat([Buffer.of(0x02, number.length - start + zero.length, ...zero), number.subarray(start)]);
}
