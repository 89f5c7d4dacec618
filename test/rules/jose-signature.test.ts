import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { fromJoseSignature, toJoseSignature } from '../../src/keys/jose-signature.js';

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

/** An integer as DER has it: no byte more than it needs, and positive. */
function toDer(integer: Buffer): Buffer {
  const first = Math.max(
    0,
    integer.findIndex((byte) => byte !== 0),
  );
  const digits = integer.subarray(integer.every((byte) => byte === 0) ? integer.length - 1 : first);
  const content = (digits[0] as number) >= 0x80 ? Buffer.concat([Buffer.of(0), digits]) : digits;
  return Buffer.concat([Buffer.of(2, content.length), content]);
}

function toSequence(r: Buffer, s: Buffer): Buffer {
  const content = Buffer.concat([toDer(r), toDer(s)]);
  return Buffer.concat([Buffer.of(0x30, content.length), content]);
}

describe('An ECDSA signature', () => {
  it('is valid in the form of JOSE, whatever its numbers', () => {
    for (let index = 0; index < 2000; index += 1) {
      const data = Buffer.from(`data ${index}`);
      const signature = toJoseSignature(sign('sha256', data, privateKey));
      expect(signature).toHaveLength(64);
      expect(verify('sha256', data, { key: publicKey, dsaEncoding: 'ieee-p1363' }, signature)).toBe(true);
    }
  });

  it.each([0, 1, 0x7f, 0x80, 0xff])('keeps numbers that are short or begin with %i', (first) => {
    for (let length = 1; length <= 32; length += 1) {
      const number = Buffer.concat([Buffer.alloc(32 - length), Buffer.alloc(length, first)]);
      const other = Buffer.alloc(32, 0x91);
      expect(toJoseSignature(toSequence(number, other))).toEqual(Buffer.concat([number, other]));
      expect(toJoseSignature(toSequence(other, number))).toEqual(Buffer.concat([other, number]));
      expect(fromJoseSignature(Buffer.concat([number, other]))).toEqual(toSequence(number, other));
      expect(fromJoseSignature(Buffer.concat([other, number]))).toEqual(toSequence(other, number));
    }
  });
});
