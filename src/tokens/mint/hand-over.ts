import { randomBytes } from 'node:crypto';
import { stringify } from 'node:querystring';
import type { Context } from 'koa';
import Provider, { type AllClientMetadata, type Client as ProviderClient } from 'oidc-provider';
import type { ProvenClient } from '../../authentication/client-authentication.service.js';
import type { Form } from '../../authentication/form.js';
import type { ActiveKey } from '../../keys/signing-key.js';
import { RequestNotes } from '../../platform/http/request-notes.js';
import type { AccessTokenType } from '../../tenants/tenant.entity.js';
import { tidyScope } from './parameters.js';

/** A client that is proven, with what its token is made with. */
export interface Grantee extends ProvenClient {
  /** The key that signs, and what tokens call themselves, at the moment at which the client was read or later. */
  signer: ActiveKey;
  accessTokenType: AccessTokenType | undefined;
  /** The thumbprint of the certificate that the token is to be bound to. */
  boundTo: string | undefined;
}

/** What comes to be known of a request for a token. */
interface GrantNotes {
  grantee: Grantee;
  /** What oidc-provider ended with: one of its own errors, or what was thrown in it. */
  error: Error;
}

export const grantNotes = new RequestNotes<GrantNotes>();

/** What oidc-provider takes for the secret of every client. Nobody else has it: whoever gets past us is stopped there. */
const SECRET = randomBytes(32).toString('hex');

/** oidc-provider looks at these though the way to prove oneself that they belong to is not offered. */
const UNKNOWN_HEADERS = ['oauth-client-attestation', 'oauth-client-attestation-pop'];

/** What every client is to oidc-provider. They differ in their id and in our row alone. */
const METADATA: AllClientMetadata = {
  client_id: 'template',
  client_secret: SECRET,
  token_endpoint_auth_method: 'client_secret_basic',
  grant_types: ['client_credentials'],
  redirect_uris: [],
  response_types: [],
};

/** The parts of oidc-provider's class that its published types leave out. */
interface ClientClass {
  new (metadata: AllClientMetadata): object;
  find(id: string): Promise<object>;
}

/** Hands a request over to oidc-provider once its client is proven: in place of the credentials that it came with it has those of {@link SECRET}. */
export function handOver({ req }: Context, form: Form, grantee: Grantee): void {
  grantNotes.add({ req }, { grantee });
  for (const header of UNKNOWN_HEADERS) delete req.headers[header];
  const { clientId } = grantee.registration;
  req.headers.authorization = `Basic ${Buffer.from(`${clientId}:${SECRET}`).toString('base64')}`;
  // It reads the form as if nobody had.
  const bytes = withoutAssertion(form);
  if (req.headers['content-length'] !== undefined) req.headers['content-length'] = String(bytes.length);
  Object.defineProperties(req, { readable: { value: true }, iterator: { value: () => [bytes] } });
}

/** What it has no use for, and would take as long to parse as all else together. */
function withoutAssertion({ bytes, values }: Form): Buffer {
  if (values.client_assertion === undefined) return bytes;
  const { client_assertion: _, client_assertion_type: __, ...others } = values;
  return Buffer.from(stringify(others));
}

/**
 * Gives oidc-provider the client that was proven, with its scopes put in order. It inherits all but its id from one that oidc-provider has
 * checked: each that it has not seen lately it would build and check.
 */
export function takeOver(provider: Provider): void {
  const Client = provider.Client as unknown as ClientClass;
  const template = new Client(METADATA);
  Client.find = async () => {
    const ctx = Provider.ctx as NonNullable<typeof Provider.ctx>;
    tidyScope(ctx);
    const grantee = grantNotes.of(ctx).grantee as Grantee;
    return Object.assign(Object.create(template), { clientId: grantee.registration.clientId, grantee });
  };
}

/** The client that oidc-provider works for, as it was proven. */
export function granteeOf(client: ProviderClient | undefined): Grantee {
  return (client as unknown as { grantee: Grantee }).grantee;
}
