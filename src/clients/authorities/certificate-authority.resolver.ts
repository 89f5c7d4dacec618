import { GraphQLDateTime } from 'graphql-scalars';
import { Arg, Authorized, Ctx, Extensions, Field, FieldResolver, Mutation, ObjectType, Query, Resolver, Root } from 'type-graphql';
import type { GraphQLContext, Principal } from '../../tenants/caller.js';
import { describeAuthority } from '../certificates/certificate-authority.js';
import { CertificateAuthority } from './certificate-authority.entity.js';
import { CreateCertificateAuthorityInput } from './certificate-authority.input.js';
import { CertificateAuthorityService } from './certificate-authority.service.js';

/** What is left of an authority that was deleted. */
@ObjectType({ description: 'What is left of a certificate authority that was deleted.' })
export class DeleteCertificateAuthorityPayload {
  @Extensions({ longest: 95 })
  @Field({ description: 'Its fingerprint. Its certificates prove nobody any more.' })
  fingerprint!: string;
}

/** Certificate authorities, as people manage them. */
@Resolver(() => CertificateAuthority)
export class CertificateAuthorityResolver {
  constructor(private readonly service: CertificateAuthorityService) {}

  @Authorized('clients:read')
  @Extensions({ most: 10 })
  @Query(() => [CertificateAuthority], {
    description: "The authorities whose certificates prove the tenant's clients, by name; 10 at most. Needs the scope clients:read.",
  })
  certificateAuthorities(@Ctx() { principal }: GraphQLContext): Promise<CertificateAuthority[]> {
    return this.service.list(principal as Principal);
  }

  @Authorized('clients:write')
  @Mutation(() => CertificateAuthority, {
    description:
      'Trusts an authority to make certificates for clients with TLS_CLIENT_AUTH. Needs the scope clients:write, and every management right that a client of the tenant may have.',
  })
  createCertificateAuthority(
    @Ctx() { principal }: GraphQLContext,
    @Arg('input', { description: 'The authority.' }) input: CreateCertificateAuthorityInput,
  ): Promise<CertificateAuthority> {
    return this.service.create(principal as Principal, input);
  }

  @Authorized('clients:write')
  @Mutation(() => DeleteCertificateAuthorityPayload, {
    description:
      'Trusts an authority no more: its certificates prove nobody from then on, and tokens go on. Needs the scope clients:write, and every management right that a client of the tenant may have.',
  })
  deleteCertificateAuthority(
    @Ctx() { principal }: GraphQLContext,
    @Arg('fingerprint', { description: 'SHA-256 of its certificate, as fingerprint has it.' }) fingerprint: string,
  ): Promise<DeleteCertificateAuthorityPayload> {
    return this.service.delete(principal as Principal, fingerprint);
  }

  @Extensions({ longest: 2_000 })
  @FieldResolver(() => String, { description: 'Its name, as RFC 4514 writes it.' })
  subject(@Root() { certificate }: CertificateAuthority): string {
    return describeAuthority(certificate).subject;
  }

  @FieldResolver(() => GraphQLDateTime, { description: 'From when on it is valid.' })
  notBefore(@Root() { certificate }: CertificateAuthority): Date {
    return describeAuthority(certificate).notBefore;
  }

  @FieldResolver(() => GraphQLDateTime, { description: 'When it expires: its certificates prove nobody from then on.' })
  notAfter(@Root() { certificate }: CertificateAuthority): Date {
    return describeAuthority(certificate).notAfter;
  }
}
