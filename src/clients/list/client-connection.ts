import { Field, ObjectType } from 'type-graphql';
import { type Connection, PageInfo } from '../../platform/graphql/connection.js';
import { Client } from '../client.entity.js';
import type { ClientFilter } from './client-filter.input.js';

/** A client in a list, with its cursor. */
@ObjectType({ description: 'A client in a list, with its cursor.' })
export class ClientEdge {
  @Field({ description: 'The place of this client in the list.' })
  cursor!: string;

  @Field(() => Client, { description: 'The client.' })
  node!: Client;
}

/** A page of clients. */
@ObjectType({ description: 'A page of a list of clients.' })
export class ClientConnection implements Connection<Client> {
  @Field(() => [ClientEdge], { description: 'The clients of this page, each with its cursor.' })
  edges!: ClientEdge[];

  @Field(() => [Client], { description: 'The clients of this page.' })
  nodes!: Client[];

  @Field(() => PageInfo, { description: 'Where this page stands in the list.' })
  pageInfo!: PageInfo;

  /** What `totalCount` counts when it is asked for. */
  search!: string | null;
  filter!: ClientFilter | null;
}
