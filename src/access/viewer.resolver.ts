import { Authorized, Ctx, Field, ObjectType, Query, Resolver } from 'type-graphql';
import type { GraphQLContext, Principal } from './principal.js';

/** Who calls. */
@ObjectType({ description: 'Who you are to this API.' })
export class Viewer {
  @Field({ description: 'The client whose token you sent.' })
  clientId!: string;

  @Field(() => [String], { description: 'What you may do: the scopes of your token that the client still has.' })
  scopes!: string[];
}

/** Tells callers who they are. */
@Resolver()
export class ViewerResolver {
  @Authorized()
  @Query(() => Viewer, { description: 'Who you are to this API, and which scopes you have. Needs a token, whatever its scopes.' })
  viewer(@Ctx() { principal }: GraphQLContext): Viewer {
    const { clientId, scopes } = principal as Principal;
    return { clientId, scopes: [...scopes] };
  }
}
