const LONGEST = 100;
const FORM = /^[A-Za-z0-9._~-]{1,100}$/;
const FOREIGN = /[^A-Za-z0-9._~-]/u;

/**
 * A client id made from a name: lower case, accents off, a hyphen for whatever else may not be in it. Empty where letters of another
 * alphabet would be lost: of a name in Arabic its number alone would be left, for ever.
 */
export function suggestClientId(name: string): string {
  const plain = name.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  if (/[^\P{L}a-z]/u.test(plain)) return '';
  return plain
    .replace(/[^a-z0-9._~]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, LONGEST)
    .replace(/-+$/, '');
}

/** What is wrong with a client id before the server is asked; null when nothing is. */
export function findIdFault(clientId: string): string | null {
  if (clientId === '') return 'Give it a client id.';
  const [foreign] = FOREIGN.exec(clientId) ?? [];
  if (foreign !== undefined) return `${foreign === ' ' ? 'A blank' : `“${foreign}”`} cannot be in a client id: use A–Z a–z 0–9 . _ ~ -`;
  return FORM.test(clientId) ? null : `A client id has ${LONGEST} characters at the most.`;
}
