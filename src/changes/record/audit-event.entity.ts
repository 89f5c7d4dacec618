import { GraphQLDateTime, GraphQLJSONObject } from 'graphql-scalars';
import { Field, ID, ObjectType, registerEnumType } from 'type-graphql';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { ActorType } from '../../tenants/caller.js';

/** What was done. Every mutation has the action of its own name. */
export enum AuditAction {
  CREATE_CLIENT = 'CREATE_CLIENT',
  UPDATE_CLIENT = 'UPDATE_CLIENT',
  DELETE_CLIENT = 'DELETE_CLIENT',
  CHANGE_CLIENT_AUTH_METHOD = 'CHANGE_CLIENT_AUTH_METHOD',
  END_PREVIOUS_AUTH_METHOD = 'END_PREVIOUS_AUTH_METHOD',
  RESTORE_PREVIOUS_AUTH_METHOD = 'RESTORE_PREVIOUS_AUTH_METHOD',
  REFRESH_CLIENT_KEYS = 'REFRESH_CLIENT_KEYS',
  ROTATE_CLIENT_SECRET = 'ROTATE_CLIENT_SECRET',
  REVOKE_CLIENT_SECRET = 'REVOKE_CLIENT_SECRET',
  REVOKE_CLIENT_TOKENS = 'REVOKE_CLIENT_TOKENS',
  REPORT_LEAK = 'REPORT_LEAK',
  ROTATE_SIGNING_KEY = 'ROTATE_SIGNING_KEY',
  REVOKE_SIGNING_KEY = 'REVOKE_SIGNING_KEY',
  CREATE_TENANT = 'CREATE_TENANT',
  UPDATE_TENANT = 'UPDATE_TENANT',
  DELETE_TENANT = 'DELETE_TENANT',
  SET_IDENTITY_PROVIDER = 'SET_IDENTITY_PROVIDER',
  REMOVE_IDENTITY_PROVIDER = 'REMOVE_IDENTITY_PROVIDER',
  CREATE_TRUSTED_ISSUER = 'CREATE_TRUSTED_ISSUER',
  UPDATE_TRUSTED_ISSUER = 'UPDATE_TRUSTED_ISSUER',
  DELETE_TRUSTED_ISSUER = 'DELETE_TRUSTED_ISSUER',
  CREATE_CERTIFICATE_AUTHORITY = 'CREATE_CERTIFICATE_AUTHORITY',
  DELETE_CERTIFICATE_AUTHORITY = 'DELETE_CERTIFICATE_AUTHORITY',
  SIGN_IN = 'SIGN_IN',
  SIGN_OUT = 'SIGN_OUT',
  RESET_ADMINISTRATOR = 'RESET_ADMINISTRATOR',
  CHANGE_ENCRYPTION_KEY = 'CHANGE_ENCRYPTION_KEY',
  RESTORE = 'RESTORE',
}

registerEnumType(AuditAction, {
  name: 'AuditAction',
  description: 'What was done.',
  valuesConfig: {
    CREATE_CLIENT: { description: 'A client was created.' },
    UPDATE_CLIENT: { description: 'A client was changed, disabled or enabled.' },
    DELETE_CLIENT: { description: 'A client was deleted.' },
    CHANGE_CLIENT_AUTH_METHOD: { description: 'A client came to prove itself in another way.' },
    END_PREVIOUS_AUTH_METHOD: { description: 'The way in which a client proved itself before was ended.' },
    RESTORE_PREVIOUS_AUTH_METHOD: { description: 'A client went back to the way in which it proved itself before.' },
    REFRESH_CLIENT_KEYS: { description: 'The public keys of a client were fetched anew.' },
    ROTATE_CLIENT_SECRET: { description: 'A client got another secret.' },
    REVOKE_CLIENT_SECRET: { description: 'A secret was ended, with its tokens.' },
    REVOKE_CLIENT_TOKENS: { description: 'All tokens of a client were cut.' },
    REPORT_LEAK: { description: 'Somebody who found a secret reported it, which ended it.' },
    ROTATE_SIGNING_KEY: {
      description: 'Another signing key took over, or was planned to: by a person, by age, or with another algorithm.',
    },
    REVOKE_SIGNING_KEY: { description: 'A signing key was withdrawn, with its tokens.' },
    CREATE_TENANT: { description: 'A tenant was created.' },
    UPDATE_TENANT: { description: 'A tenant was changed, disabled or enabled.' },
    DELETE_TENANT: { description: 'A tenant was deleted, with everything in it.' },
    SET_IDENTITY_PROVIDER: { description: 'The provider through which people sign in was named or changed.' },
    REMOVE_IDENTITY_PROVIDER: { description: 'People can no longer sign in through a provider.' },
    CREATE_TRUSTED_ISSUER: { description: 'An issuer was trusted to say who clients are.' },
    UPDATE_TRUSTED_ISSUER: { description: 'A trusted issuer was changed, disabled or enabled.' },
    DELETE_TRUSTED_ISSUER: { description: 'An issuer is trusted no more, which ended what was issued through it.' },
    CREATE_CERTIFICATE_AUTHORITY: { description: 'A certificate authority was trusted.' },
    DELETE_CERTIFICATE_AUTHORITY: { description: 'A certificate authority is trusted no more.' },
    SIGN_IN: { description: 'A session began.' },
    SIGN_OUT: { description: 'A session was ended by whoever had it.' },
    RESET_ADMINISTRATOR: { description: "The administrator's client was made, or given a new secret, by the operator." },
    CHANGE_ENCRYPTION_KEY: { description: 'What is encrypted was encrypted anew by the operator.' },
    RESTORE: { description: 'All data was restored from a backup by the operator: what was done after it is undone.' },
  },
});

registerEnumType(ActorType, {
  name: 'ActorType',
  description: 'What kind of somebody did something.',
  valuesConfig: {
    CLIENT: { description: 'A client, with a token or a session.' },
    PERSON: { description: 'A person who signed in through the identity provider.' },
    SYSTEM: { description: 'Latchkey itself, on its own or at the command of the operator.' },
    ANONYMOUS: { description: 'Somebody who did not say who they are.' },
  },
});

/** What kind of thing something was done to. */
export enum AuditObjectType {
  CLIENT = 'CLIENT',
  SIGNING_KEY = 'SIGNING_KEY',
  TENANT = 'TENANT',
  IDENTITY_PROVIDER = 'IDENTITY_PROVIDER',
  TRUSTED_ISSUER = 'TRUSTED_ISSUER',
  AUTHORITY = 'AUTHORITY',
  SESSION = 'SESSION',
  INSTALLATION = 'INSTALLATION',
}

registerEnumType(AuditObjectType, {
  name: 'AuditObjectType',
  description: 'What kind of thing something was done to.',
  valuesConfig: {
    CLIENT: { description: 'A client; the id is its client id.' },
    SIGNING_KEY: { description: 'A signing key; the id is its kid.' },
    TENANT: { description: 'A tenant; the id is its host.' },
    IDENTITY_PROVIDER: { description: 'The identity provider; the id is its issuer.' },
    TRUSTED_ISSUER: { description: 'A trusted issuer; the id is the issuer.' },
    AUTHORITY: { description: 'A certificate authority; the id is its fingerprint.' },
    SESSION: { description: 'A session; the id names it and is worth nothing to whoever reads it.' },
    INSTALLATION: { description: 'The whole installation; the id is that of the encryption key.' },
  },
});

/** One entry of the record: written with what it tells of, never changed, removed by age alone. */
@Entity('audit_events')
@Index(['tenantId', 'at', 'id'])
@Index(['tenantId', 'objectId', 'at', 'id'])
@Index(['at'])
@ObjectType({ description: 'One entry of the record of what was done. It is written together with what it tells of, or neither is.' })
export class AuditEvent {
  @Field(() => ID, { description: 'Names the entry.' })
  @PrimaryColumn('varchar', { length: 36 })
  id!: string;

  @Column('varchar', { name: 'tenant_id', length: 36 })
  tenantId!: string;

  @Field(() => GraphQLDateTime, { description: 'When it was done.' })
  @Column('datetime', { precision: 3 })
  at!: Date;

  @Field(() => AuditAction, { description: 'What was done.' })
  @Column('varchar', { length: 40 })
  action!: AuditAction;

  @Field(() => ActorType, { description: 'What kind of somebody did it.' })
  @Column('varchar', { name: 'actor_type', length: 20 })
  actorType!: ActorType;

  @Field(() => String, {
    nullable: true,
    description:
      "Who did it: a client id, a person's subject at the identity provider, or what the system was about; null when nobody knows.",
  })
  @Column('varchar', { name: 'actor_id', length: 255, nullable: true })
  actorId!: string | null;

  @Field(() => String, { nullable: true, description: 'What the person is called; null for others.' })
  @Column('varchar', { name: 'actor_name', length: 255, nullable: true })
  actorName!: string | null;

  @Field(() => AuditObjectType, { description: 'What kind of thing it was done to.' })
  @Column('varchar', { name: 'object_type', length: 20 })
  objectType!: AuditObjectType;

  @Field({ description: 'What it was done to: a client id, a kid, a host.' })
  @Column('varchar', { name: 'object_id', length: 255 })
  objectId!: string;

  @Field(() => GraphQLJSONObject, {
    nullable: true,
    description:
      'What was there before, of a change only what differs, of what is very long only its SHA-256, never a secret; null when there was nothing.',
  })
  @Column('simple-json', { nullable: true })
  before!: Record<string, unknown> | null;

  @Field(() => GraphQLJSONObject, {
    nullable: true,
    description:
      'What is there since, of a change only what differs, of what is very long only its SHA-256, never a secret; null when there is nothing.',
  })
  @Column('simple-json', { nullable: true })
  after!: Record<string, unknown> | null;

  @Field(() => String, { nullable: true, description: 'The X-Request-Id of the request; null when there was none.' })
  @Column('varchar', { name: 'request_id', length: 36, nullable: true })
  requestId!: string | null;

  @Field(() => String, { nullable: true, description: 'The address that the request came from; null when there was none.' })
  @Column('varchar', { length: 45, nullable: true })
  address!: string | null;

  /** Its place in the chain, counted from 1 in its tenant; absent in entries of a release that knew no chain. */
  @Column('int', { nullable: true })
  sequence!: number | null;

  /** What links it to the entry before. */
  @Column('varchar', { length: 60, nullable: true })
  hash!: string | null;
}
