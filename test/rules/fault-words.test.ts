import { findRegisteredNameFault, type RegisteredName } from '../../src/clients/certificates/registered-name.js';
import { ClientAuthMethod } from '../../src/clients/client.entity.js';
import { findCredentialsFault } from '../../src/clients/federation/federated-credential.rules.js';
import { partOf, placeOf, rowOf } from '../../src/console/clients/proof/credential-fault.js';
import { faultInWords } from '../../src/console/words/api-terms.js';
import { WAYS } from '../../src/console/words/ways.js';

const GITHUB = 'https://token.actions.githubusercontent.com';
const sound = { issuer: 'https://issuer.example', subject: 'a' };
/** Names of inputs and of ways as the API has them. */
const NAME_OF_API = /\b[a-z]+[A-Z]\w*|\b[A-Z]+_[A-Z_]+\b|\bjwks\b/;

const CREDENTIALS: [part: string, credential: object][] = [
  ['issuer', { ...sound, issuer: ' ' }],
  ['subject', { issuer: sound.issuer }],
  ['subject', { ...sound, subject: ' a' }],
  ['subject', { issuer: sound.issuer, subjectPattern: 'a[b]*' }],
  ['subject', { issuer: sound.issuer, subjectPattern: 'none' }],
  ['subject', { issuer: GITHUB, subjectPattern: 'repo:a/*' }],
  ['subject', { issuer: 'https://accounts.google.com', subjectPattern: 'a*' }],
  ['subject', { issuer: 'spiffe://a.example', subject: 'spiffe://b.example/c' }],
  ['audience', { ...sound, audience: 'ä' }],
  ['claims', { ...sound, claims: { exp: 1 } }],
  ['claims', { ...sound, claims: { one: [] } }],
  ['claims', { ...sound, claims: Object.fromEntries(Array.from({ length: 21 }, (_, index) => [`c${index}`, 1])) }],
];

const NAMES: RegisteredName[] = [
  { subjectDn: 'billing' },
  { subjectDn: '' },
  { sanDns: '*.example.com' },
  { sanDns: '192.0.2.1' },
  { sanDns: 'a b' },
  { sanUri: 'billing' },
  { sanUri: ' spiffe://a.example' },
  { sanIp: '192.0.2.0/24' },
  { sanIp: '::ffff:192.0.2.1' },
  { sanEmail: 'billing' },
];

it.each(CREDENTIALS)('tells of a fault of the %s of the right identity, in the words of the page', (part, credential) => {
  const fault = faultInWords('input.federatedCredentials', findCredentialsFault([sound, credential]) as string);
  expect(fault).toMatch(/^Identity 2 /);
  expect(fault).not.toMatch(NAME_OF_API);
  const { index, message } = placeOf(fault);
  expect(index).toBe(1);
  expect(message).toMatch(/^It .*\.$/);
  expect(partOf(message)).toBe(part);
});

it.each(NAMES)('tells of %p what to change, in the words of the page', (name) => {
  const fault = faultInWords('input.tlsClientAuth', findRegisteredNameFault(name) as string);
  expect(fault).not.toMatch(NAME_OF_API);
  expect(fault).toMatch(/^Give [^ ]/);
});

it('leaves what somebody typed as it is', () => {
  const message = 'The scope jwks never works in tokens for https://SECRET.example/jwksUri: add the audience of the API that it is for.';
  expect(faultInWords('input.scopes', message)).toBe(message);
});

it('has words for each way', () => {
  expect(Object.keys(WAYS).toSorted()).toEqual(Object.values(ClientAuthMethod).toSorted());
  expect(faultInWords('input.authMethod', 'The client proves itself by FEDERATED_JWT already.')).toBe(
    'The client proves itself by Platform identity already.',
  );
});

it.each([
  ['Give the claim b a value.', 1],
  ['The value of b is no JSON.', 1],
  ['Give the claim a once.', 2],
  ['Give each claim a name.', 3],
  ['It has the claim b, which is looked at by itself.', 1],
])('finds the row of claims that "%s" is about', (message, row) => {
  const claims = ['a', 'b', 'a', ''].map((name) => ({ name, value: 'x', isJson: false }));
  expect(rowOf(message, message.includes('each claim') ? claims : claims.slice(0, 3))).toBe(row);
});
