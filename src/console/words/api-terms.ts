import { WAYS } from './ways.js';

/** Names of the API, in the words of the pages. */
const TERMS: Readonly<Record<string, string>> = {
  ...WAYS,
  federatedCredentials: 'a platform identity',
  jwks: 'a JWKS',
  jwksUri: 'an address of keys',
  sanDns: 'the DNS name',
  sanEmail: 'the e-mail address',
  sanIp: 'the IP address',
  sanUri: 'the URI',
  subjectDn: 'the subject',
  subjectPattern: 'subject pattern',
  tlsClientAuth: 'a name in its certificate',
};

/** The inputs whose faults speak of such names and quote nothing: a scope may have any name, and stays as it is. */
const FIELDS = ['authMethod', 'federatedCredentials', 'jwks', 'jwksUri', 'tlsClientAuth'];

/** What the API says of an input that breaks a rule, in the words of the pages. @param path of the input, such as `input.jwks` */
export function faultInWords(path: string, message: string): string {
  if (!FIELDS.some((field) => path === `input.${field}`)) return message;
  return message
    .replace(/^Number (?=\d)/, 'Identity ')
    .replace(/\w+/g, (word) => (Object.hasOwn(TERMS, word) ? (TERMS[word] as string) : word));
}
