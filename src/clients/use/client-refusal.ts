import { GraphQLDateTime } from 'graphql-scalars';
import { Extensions, Field, ObjectType } from 'type-graphql';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { ClientAuthMethod } from '../client.entity.js';

/** That something did not prove a client, and why. Whoever sent it is not told. */
@ObjectType({ description: 'That something did not prove who the client is, and why. Whoever sent it is not told.' })
export class ClientRefusal {
  @Field(() => GraphQLDateTime, { description: 'When it was sent.' })
  at!: Date;

  @Extensions({ longest: 45 })
  @Field({ description: 'The address that it came from.' })
  address!: string;

  @Field(() => ClientAuthMethod, { nullable: true, description: 'By which way it was to prove the client; null where nothing was shown.' })
  authMethod!: ClientAuthMethod | null;

  @Extensions({ longest: 200 })
  @Field({ description: 'Why it was refused, in words.' })
  reason!: string;

  @Extensions({ longest: 200 })
  @Field(() => String, { nullable: true, description: 'What of it was not as it has to be, such as sub or another claim.' })
  about!: string | null;

  @Extensions({ longest: 400 })
  @Field(() => String, { nullable: true, description: 'What was expected there.' })
  expected!: string | null;

  @Extensions({ longest: 400 })
  @Field(() => String, { nullable: true, description: 'What came, as far as it is no secret.' })
  received!: string | null;
}

/** The last refusals of a client, the newest first. */
@Entity('client_refusals')
export class ClientRefusals {
  @PrimaryColumn('varchar', { name: 'client_row_id', length: 36 })
  clientRowId!: string;

  @Column('simple-json')
  refusals!: ClientRefusal[];
}
