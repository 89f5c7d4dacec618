import { GraphQLJSONObject } from 'graphql-scalars';
import { Field, InputType } from 'type-graphql';

/** What a token of a trusted issuer has to say. */
@InputType({ description: 'What a token of a trusted issuer has to say so that it proves who the client is: all of it together.' })
export class FederatedCredentialInput {
  @Field({ description: 'The iss of the token: one of the trusted issuers, byte for byte.' })
  issuer!: string;

  @Field(() => String, { nullable: true, description: 'The sub of the token, exactly: 1 to 500 characters. This, or a pattern.' })
  subject?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'What the whole sub has to fit, in place of a subject: * stands for one character or more but : and /, and ** for one or more but :. It does not begin with one, and has three at most. With issuers that everybody uses a claim has to pin the owner by a number, such as repository_owner_id.',
  })
  subjectPattern?: string | null;

  @Field(() => GraphQLJSONObject, {
    nullable: true,
    description:
      'Claims that the token has to have with exactly these values, 20 at most. Of an object that is named, what is named in it.',
  })
  claims?: Record<string, unknown> | null;

  @Field(() => String, {
    nullable: true,
    description: "The one aud that the token has to have: 1 to 200 printable ASCII characters; the tenant's issuer when absent.",
  })
  audience?: string | null;
}
