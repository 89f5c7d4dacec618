import { Field, InputType } from 'type-graphql';
import { HoldsNoSecret, IsName, rule } from '../../platform/graphql/input-rules.js';
import { findAuthorityFault } from '../certificates/certificate-authority.js';

/** An authority that is to be trusted. */
@InputType({ description: 'An authority that is to be trusted.' })
export class CreateCertificateAuthorityInput {
  @Field({ description: 'What people call it: 1 to 100 characters after trimming.' })
  @IsName()
  name!: string;

  @Field({ description: 'Its certificate in PEM: one, of at most 16 KiB, with CA:TRUE, that may sign certificates and has not expired.' })
  @HoldsNoSecret()
  @rule(
    (value) => findAuthorityFault(String(value), Date.now()) ?? '',
    (value) => typeof value === 'string' && findAuthorityFault(value, Date.now()) === undefined,
  )
  certificate!: string;
}
