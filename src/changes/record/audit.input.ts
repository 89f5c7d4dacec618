import { GraphQLDateTime } from 'graphql-scalars';
import { Field, InputType } from 'type-graphql';
import { AuditAction, AuditObjectType } from './audit-event.entity.js';

/** Which entries of the record are wanted. */
@InputType({ description: 'Which entries of the record are wanted: those to which all that is given applies.' })
export class AuditFilter {
  @Field(() => AuditAction, { nullable: true, description: 'What was done.' })
  action?: AuditAction | null;

  @Field(() => String, { nullable: true, description: "Who did it: a client id, or a person's subject." })
  actorId?: string | null;

  @Field(() => AuditObjectType, { nullable: true, description: 'What kind of thing it was done to.' })
  objectType?: AuditObjectType | null;

  @Field(() => String, { nullable: true, description: 'What it was done to: a client id, a kid, a host.' })
  objectId?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'What the id or the name of whoever did it contains, upper and lower case aside (on SQLite of A to Z alone): 1 to 255 characters.',
  })
  actorContains?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'What the id of what it was done to contains, upper and lower case aside (on SQLite of A to Z alone): 1 to 255 characters.',
  })
  objectIdContains?: string | null;

  @Field(() => String, { nullable: true, description: 'The X-Request-Id of the request by which it was done.' })
  requestId?: string | null;

  @Field(() => GraphQLDateTime, { nullable: true, description: 'Not before this moment.' })
  since?: Date | null;

  @Field(() => GraphQLDateTime, { nullable: true, description: 'Before this moment.' })
  until?: Date | null;
}
