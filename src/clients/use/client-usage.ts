import { GraphQLDateTime, GraphQLSafeInt } from 'graphql-scalars';
import { Extensions, Field, ObjectType } from 'type-graphql';

/** What a client asked for in one hour. */
@Extensions({ weight: 20 })
@ObjectType({ description: 'What an application asked for in one hour, to within a few seconds.' })
export class ClientUsage {
  @Field(() => GraphQLDateTime, { description: 'When the hour began.' })
  from!: Date;

  @Field(() => GraphQLSafeInt, { description: 'Tokens that it got.' })
  issued!: number;

  @Field(() => GraphQLSafeInt, {
    description:
      'Requests for a token that were refused: with a wrong or ended secret, for a scope it may not have, while it was disabled. A mistyped secret is not among them: its checksum tells before anybody looks for the client.',
  })
  refused!: number;
}
