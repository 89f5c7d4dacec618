import { GraphQLDateTime } from 'graphql-scalars';
import { Field, InputType, registerEnumType } from 'type-graphql';

/** Which clients are wanted. */
@InputType({ description: 'Which clients are wanted: those to which all that is given applies.' })
export class ClientFilter {
  @Field(() => Boolean, { nullable: true, description: 'true: those that are enabled; false: those that are disabled.' })
  enabled?: boolean | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'true: those that never proved who they are; false: those that did.',
  })
  neverUsed?: boolean | null;

  @Field(() => GraphQLDateTime, {
    nullable: true,
    description: 'Not used since this moment though they were there: last used before it, or never used and created before it.',
  })
  unusedSince?: Date | null;

  @Field(() => GraphQLDateTime, {
    nullable: true,
    description: 'With a secret that still works now and expires before this moment.',
  })
  secretExpiresBefore?: Date | null;
}

/** By what clients are listed. */
export enum ClientOrderField {
  NAME = 'NAME',
  CLIENT_ID = 'CLIENT_ID',
  CREATED_AT = 'CREATED_AT',
  LAST_USED_AT = 'LAST_USED_AT',
}

/** In which direction clients are listed. */
export enum OrderDirection {
  ASC = 'ASC',
  DESC = 'DESC',
}

registerEnumType(ClientOrderField, {
  name: 'ClientOrderField',
  description: 'By what clients are listed.',
  valuesConfig: {
    NAME: { description: 'By name, upper and lower case and accents aside.' },
    CLIENT_ID: { description: 'By client id, character by character.' },
    CREATED_AT: { description: 'By the moment of creation.' },
    LAST_USED_AT: { description: 'By the last use; those that were never used come before the oldest use.' },
  },
});
registerEnumType(OrderDirection, {
  name: 'OrderDirection',
  description: 'In which direction a list runs.',
  valuesConfig: { ASC: { description: 'Smallest or oldest first.' }, DESC: { description: 'Largest or newest first.' } },
});

/** The order of a list of clients. */
@InputType({ description: 'The order of a list of clients. Equal ones keep a fixed order among themselves.' })
export class ClientOrder {
  @Field(() => ClientOrderField, { description: 'By what.' })
  field!: ClientOrderField;

  @Field(() => OrderDirection, { defaultValue: OrderDirection.ASC, description: 'In which direction.' })
  direction!: OrderDirection;
}
