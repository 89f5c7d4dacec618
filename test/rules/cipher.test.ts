import fc from 'fast-check';
import { Cipher } from '../../src/platform/cipher.js';

const cipher = new Cipher(Buffer.alloc(32, 1));
const other = new Cipher(Buffer.alloc(32, 2));

it('gives back what it encrypted, and never the same ciphertext', () => {
  fc.assert(fc.property(fc.string(), fc.string(), (text, context) => cipher.decrypt(cipher.encrypt(text, context), context) === text));
  expect(cipher.encrypt('x', 'y')).not.toBe(cipher.encrypt('x', 'y'));
});

it('refuses another key, another context, and any changed byte', () => {
  const encrypted = cipher.encrypt('a private key', 'row');
  expect(() => other.decrypt(encrypted, 'row')).toThrow();
  expect(() => cipher.decrypt(encrypted, 'other row')).toThrow();
  const bytes = Buffer.from(encrypted, 'base64');
  for (let index = 0; index < bytes.length; index += 1) {
    const changed = Buffer.from(bytes);
    changed[index] = (changed[index] as number) ^ 1;
    expect(() => cipher.decrypt(changed.toString('base64'), 'row')).toThrow();
  }
  for (const text of ['', 'AAAA', bytes.subarray(0, 27).toString('base64')]) expect(() => cipher.decrypt(text, 'row')).toThrow();
});

it('names its key without giving it away, and uses another one for each purpose', () => {
  expect(cipher.keyId).toMatch(/^[0-9a-f]{16}$/);
  expect(cipher.keyId).not.toBe(other.keyId);
  expect(new Cipher(Buffer.alloc(32, 1)).keyId).toBe(cipher.keyId);
  expect(cipher.mac('x')).toEqual(new Cipher(Buffer.alloc(32, 1)).mac('x'));
  expect(cipher.mac('x')).not.toEqual(other.mac('x'));
});
