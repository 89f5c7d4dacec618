import { Extensions, Field, InputType, ObjectType } from 'type-graphql';
import type { RegisteredName } from './certificates/registered-name.js';

const DN =
  'The subject, as RFC 4514 writes it, such as CN=billing,O=Example: compared after decoding, capitals, blanks and order included.';
const DNS = 'A name of the host among the subject alternative names, without a wildcard.';
const URI = 'A URI among the subject alternative names, exactly, such as the SPIFFE ID of an X.509-SVID.';
const IP = 'An address among the subject alternative names.';
const EMAIL = 'An address of mail among the subject alternative names.';

/** The name that a client's certificates have. */
@ObjectType({
  description: 'The name that the certificates of a client with TLS_CLIENT_AUTH have (RFC 8705, section 2.1.2): one of these.',
})
export class TlsClientAuth implements RegisteredName {
  @Extensions({ longest: 500 })
  @Field(() => String, { nullable: true, description: DN })
  subjectDn!: string | null;

  @Extensions({ longest: 253 })
  @Field(() => String, { nullable: true, description: DNS })
  sanDns!: string | null;

  @Extensions({ longest: 500 })
  @Field(() => String, { nullable: true, description: URI })
  sanUri!: string | null;

  @Extensions({ longest: 45 })
  @Field(() => String, { nullable: true, description: IP })
  sanIp!: string | null;

  @Extensions({ longest: 320 })
  @Field(() => String, { nullable: true, description: EMAIL })
  sanEmail!: string | null;
}

/** The name that a client's certificates are to have. */
@InputType({ description: 'The name that the certificates of a client with TLS_CLIENT_AUTH have: exactly one of these.' })
export class TlsClientAuthInput {
  @Field(() => String, { nullable: true, description: DN })
  subjectDn?: string | null;

  @Field(() => String, { nullable: true, description: DNS })
  sanDns?: string | null;

  @Field(() => String, { nullable: true, description: URI })
  sanUri?: string | null;

  @Field(() => String, { nullable: true, description: IP })
  sanIp?: string | null;

  @Field(() => String, { nullable: true, description: EMAIL })
  sanEmail?: string | null;
}

/** As it is stored. */
export function toTlsClientAuth({
  subjectDn = null,
  sanDns = null,
  sanUri = null,
  sanIp = null,
  sanEmail = null,
}: TlsClientAuthInput): TlsClientAuth {
  return { subjectDn, sanDns, sanUri, sanIp, sanEmail };
}
