import { contextTag, type Element, readElement, Tag } from './der.js';
import { oidOf, readSequence } from './der-values.js';

const SHA2 = ['2.16.840.1.101.3.4.2.1', '2.16.840.1.101.3.4.2.2', '2.16.840.1.101.3.4.2.3'];
const MASK_GENERATION = '1.2.840.113549.1.1.8';
const RSA_PSS = '1.2.840.113549.1.1.10';
const SOUND = new Set([
  // RSA with SHA-256, SHA-384, SHA-512.
  ...['1.2.840.113549.1.1.11', '1.2.840.113549.1.1.12', '1.2.840.113549.1.1.13'],
  // ECDSA with the same.
  ...['1.2.840.10045.4.3.2', '1.2.840.10045.4.3.3', '1.2.840.10045.4.3.4'],
  // Ed25519.
  '1.3.101.112',
]);

/**
 * Whether signatures in an algorithm prove anything: those over MD5 and SHA-1 do not, and what is not known is not taken.
 * @param element an AlgorithmIdentifier
 * @throws {MalformedDer}
 * @see https://www.rfc-editor.org/rfc/rfc8017#appendix-A.2.3
 */
export function isSoundAlgorithm(element: Element): boolean {
  const { algorithm, parameters } = readAlgorithm(element);
  return SOUND.has(algorithm) || (algorithm === RSA_PSS && parameters !== undefined && isSoundPss(parameters));
}

/** What it leaves out is SHA-1. */
function isSoundPss(element: Element): boolean {
  return readSequence(element, (reader) => {
    const hash = reader.optional(contextTag(0, true));
    const mask = reader.optional(contextTag(1, true));
    for (const other of [contextTag(2, true), contextTag(3, true)]) reader.optional(other);
    if (hash === undefined || mask === undefined) return false;
    const generation = readAlgorithm(within(mask));
    const inner = generation.parameters && readAlgorithm(generation.parameters).algorithm;
    const digest = readAlgorithm(within(hash)).algorithm;
    return SHA2.includes(digest) && generation.algorithm === MASK_GENERATION && inner === digest;
  });
}

function readAlgorithm(element: Element): { algorithm: string; parameters: Element | undefined } {
  return readSequence(element, (reader) => ({
    algorithm: oidOf(reader.next(Tag.OID)),
    parameters: reader.isAtEnd ? undefined : reader.next(),
  }));
}

function within({ content }: Element): Element {
  return readElement(content);
}
