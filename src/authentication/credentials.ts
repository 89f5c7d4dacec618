import type { Context } from 'koa';
import type { PresentedCertificate } from '../clients/certificates/certificate-header.js';
import { ClientAuthMethod } from '../clients/client.entity.js';
import { provesBy, type RegisteredClient } from '../clients/registered-client.js';
import { BadRequest } from '../platform/errors.js';
import { type Assertion, issuerOf, readAssertion } from './assertion.js';
import { InvalidClient } from './errors.js';
import { type Form, parameterOf } from './form.js';

/** What a client shows to prove who it is, and who it says it is. */
export type Credentials = OwnCredentials | ForeignCredentials;

type OwnCredentials = { clientId: string } & (
  | { secret: string }
  | { assertion: Assertion }
  | { certificate: PresentedCertificate }
  | { nothing: true }
);

/** A token that somebody else signed who vouches for the client. */
export interface ForeignCredentials {
  /** Absent where the request does not say who the client is: the token's subject need not be its id. */
  clientId: string | undefined;
  foreign: Assertion;
  issuer: string;
  subject: string;
}

/** By which way credentials are to prove a client; undefined where nothing is shown that could. */
export function methodShown(credentials: Credentials, registration: RegisteredClient): ClientAuthMethod | undefined {
  if ('foreign' in credentials) return ClientAuthMethod.FEDERATED_JWT;
  if ('secret' in credentials) return ClientAuthMethod.SECRET;
  if ('certificate' in credentials) return certificateMethodOf(registration);
  if (!('assertion' in credentials)) return undefined;
  const isBySecret = credentials.assertion.header.alg === 'HS256';
  return isBySecret ? ClientAuthMethod.CLIENT_SECRET_JWT : ClientAuthMethod.PRIVATE_KEY_JWT;
}

/** As which kind a certificate counts for a client. */
export function certificateMethodOf(registration: RegisteredClient): ClientAuthMethod {
  const { SELF_SIGNED_TLS_CLIENT_AUTH: selfSigned, TLS_CLIENT_AUTH: byAuthority } = ClientAuthMethod;
  return provesBy(registration, selfSigned) && !provesBy(registration, byAuthority) ? selfSigned : byAuthority;
}

/** The parameters of a form that belong to it. */
const PARAMETERS = ['client_id', 'client_secret', 'client_assertion', 'client_assertion_type'];

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
/** Of tokens of SPIFFE alone. @see https://datatracker.ietf.org/doc/draft-ietf-oauth-spiffe-client-auth/ */
const SPIFFE_ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-spiffe';
/** With its padding, or without. @see https://www.rfc-editor.org/rfc/rfc4648#section-4 */
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/;
/** What no client id or secret has in it. @see https://www.rfc-editor.org/rfc/rfc6749#appendix-A */
const NO_VSCHAR = /[^\x20-\x7E]/;

/**
 * The credentials of a request, which has them in one way only. A certificate by which the connection is made counts where nothing else is shown:
 * beside that it is what a token may be bound to.
 * @throws {BadRequest} where there are several, or they are not in their form
 * @throws {InvalidClient} where there are none
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-2.3
 */
export function presentedCredentials({ headers }: Context, form: Form, certificate?: PresentedCertificate): Credentials {
  const [clientId, secret, assertion, type] = PARAMETERS.map((name) => parameterOf(form, name));
  const authorization = headers.authorization || undefined;
  if ([authorization, secret, assertion].filter((way) => way !== undefined).length > 1)
    throw new BadRequest(
      'Prove who you are in one way only: in the Authorization header, with a secret in the form, or with an assertion.',
    );
  if (authorization !== undefined) return same(clientId, basicCredentials(authorization));
  if (assertion !== undefined) {
    if (type !== ASSERTION_TYPE && type !== SPIFFE_ASSERTION_TYPE)
      throw new BadRequest(`Send client_assertion_type with the assertion: ${ASSERTION_TYPE}.`);
    return byAssertion(clientId, assertion);
  }
  if (clientId === undefined) throw new InvalidClient('there are no credentials');
  if (secret !== undefined) return { clientId, secret };
  return certificate ? { clientId, certificate } : { clientId, nothing: true };
}

/** @param said of the form, which may say it again */
function same(said: string | undefined, credentials: OwnCredentials): OwnCredentials {
  if (said !== undefined && said !== credentials.clientId) throw new BadRequest('The request names two clients: client_id is another one.');
  return credentials;
}

/** @see https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1 */
function basicCredentials(authorization: string): OwnCredentials {
  // Any number of blanks may stand behind the scheme: RFC 9110, section 11.4.
  const [, encoded = ''] = /^basic +([^ ]+)$/i.exec(authorization) ?? [];
  const text = BASE64.test(encoded) ? Buffer.from(encoded, 'base64').toString() : '';
  const colon = text.indexOf(':');
  if (colon < 1) throw new BadRequest('The Authorization header is not that of Basic authentication: a client id and a secret.');
  const [clientId, secret] = [text.slice(0, colon), text.slice(colon + 1)].map(fromForm) as [string, string];
  if (secret === '') throw new BadRequest('The Authorization header has no secret in it.');
  return { clientId, secret };
}

function fromForm(text: string): string {
  const decoded = decode(text.replaceAll('+', '%20'));
  if (decoded === undefined || NO_VSCHAR.test(decoded))
    throw new BadRequest('Client id and secret in the Authorization header are to be percent-encoded, as in a form.');
  return decoded;
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** Whom an assertion is about, before it proves anything. @throws {InvalidClient} */
function byAssertion(clientId: string | undefined, text: string): Credentials {
  const assertion = readAssertion(text);
  if (!assertion) throw new InvalidClient('the assertion cannot be read');
  const { sub } = assertion.claims;
  if (typeof sub !== 'string' || sub === '') throw new InvalidClient('sub of the assertion is no text');
  const issuer = issuerOf(assertion.claims);
  return issuer === undefined ? same(clientId, { clientId: sub, assertion }) : { clientId, foreign: assertion, issuer, subject: sub };
}
