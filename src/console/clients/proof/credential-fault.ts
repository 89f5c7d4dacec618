/** The part of a credential that a fault is about. */
export type CredentialPart = 'issuer' | 'subject' | 'claims' | 'audience';

const PARTS: readonly (readonly [beginning: RegExp, part: CredentialPart])[] = [
  [/^(Choose a trusted issuer|It has an issuer)/, 'issuer'],
  [/^It has an audience/, 'audience'],
  [/^(Give (each|the) claim|The value of|It has (a|the|too many) claims?\b)/, 'claims'],
];

const NAMED = /^(?:Give the claim|The value of|It has the claim) (.+?)(?: a value\.| once\.| is no JSON\.|, which)/s;

/** Which credential a fault is about, from 0, and what it says. */
export function placeOf(fault: string): { index: number; message: string } {
  const [, number, rest] = /^Identity (\d+):? (.*)$/s.exec(fault) ?? [];
  if (number === undefined || rest === undefined) return { index: 0, message: fault };
  return { index: Number(number) - 1, message: /^[A-Z]/.test(rest) ? rest : `It ${rest}` };
}

/** Which part of a credential a fault is about: the subject, unless it begins with another. */
export function partOf(message: string): CredentialPart {
  return PARTS.find(([beginning]) => beginning.test(message))?.[1] ?? 'subject';
}

/** Which row of claims a fault is about, from 0: the last one with the name that it tells, or the first without a name where it wants one. */
export function rowOf(message: string, claims: readonly { name: string; value: string }[]): number {
  const [, told] = NAMED.exec(message) ?? [];
  const named = claims.findLastIndex(({ name }) => name.trim() === told);
  const nameless = claims.findIndex(({ name, value }) => name.trim() === '' && value !== '');
  return Math.max(named >= 0 ? named : nameless, 0);
}
