import { Authorized, Ctx, Field, ObjectType, Query, Resolver } from 'type-graphql';
import { ActorType, type GraphQLContext, type Principal } from '../tenants/caller.js';
import { Tenant } from '../tenants/tenant.entity.js';

/** A person, as the identity provider knows them. */
@ObjectType({ description: 'A person, as the identity provider knows them.' })
export class Person {
  @Field({ description: 'Names the person at the provider, for good.' })
  subject!: string;

  @Field(() => String, { nullable: true, description: 'What the person is called; null when the provider does not say.' })
  name!: string | null;
}

/** Who calls. */
@ObjectType({ description: 'Who you are to this API.' })
export class Viewer {
  @Field(() => String, { nullable: true, description: 'The client whose token or session you sent; null when you are a person.' })
  clientId!: string | null;

  @Field(() => Person, { nullable: true, description: 'Who signed in through the identity provider; null when you are a client.' })
  person!: Person | null;

  @Field(() => [String], { description: 'What you may do: the rights of your token or session that are still yours.' })
  scopes!: string[];

  @Field(() => Tenant, { description: 'The tenant that you are in.' })
  tenant!: Tenant;

  @Field({
    description:
      'Where clients of the tenant connect with a certificate: the issuer, or the URL of its second host where there is one. Without a trailing slash.',
  })
  certificateOrigin!: string;
}

/** Tells callers who they are. */
@Resolver()
export class ViewerResolver {
  @Authorized()
  @Query(() => Viewer, {
    description: 'Who you are to this API, and which scopes you have. Needs a token or a session, whatever its scopes.',
  })
  viewer(@Ctx() { principal }: GraphQLContext): Viewer {
    const { actor, scopes, tenant, issuer, mtlsOrigin } = principal as Principal;
    const id = actor.id as string;
    const who =
      actor.type === ActorType.PERSON ? { clientId: null, person: { subject: id, name: actor.name } } : { clientId: id, person: null };
    return { ...who, scopes: [...scopes], tenant, certificateOrigin: mtlsOrigin ?? issuer };
  }
}
