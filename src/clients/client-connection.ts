import { Field, ObjectType } from 'type-graphql';
import { Client } from './client.entity.js';
import type { ClientOrderField } from './client.input.js';
import { toCursor } from './client-cursor.js';

/** Some clients in their order, and whether more follow. */
export interface ClientPage {
  clients: Client[];
  field: ClientOrderField;
  hasNextPage: boolean;
}

/** Where a page stands in its list. @see https://relay.dev/graphql/connections.htm */
@ObjectType({ description: 'Where a page stands in its list.' })
export class PageInfo {
  @Field({ description: 'Whether more follow. Ask for them with after: endCursor.' })
  hasNextPage!: boolean;

  @Field({ description: 'Whether some came before.' })
  hasPreviousPage!: boolean;

  @Field(() => String, { nullable: true, description: 'The cursor of the first of this page; null when it is empty.' })
  startCursor!: string | null;

  @Field(() => String, { nullable: true, description: 'The cursor of the last of this page; null when it is empty.' })
  endCursor!: string | null;
}

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
export class ClientConnection {
  @Field(() => [ClientEdge], { description: 'The clients of this page, each with its cursor.' })
  edges!: ClientEdge[];

  @Field(() => [Client], { description: 'The clients of this page.' })
  nodes!: Client[];

  @Field(() => PageInfo, { description: 'Where this page stands in the list.' })
  pageInfo!: PageInfo;

  /** What `totalCount` counts when it is asked for. */
  search!: string | null;
}

/** A page in the form of a connection. */
export function toConnection(
  { clients, field, hasNextPage }: ClientPage,
  search: string | null,
  hasPreviousPage: boolean,
): ClientConnection {
  const edges = clients.map((node) => ({ cursor: toCursor(node, field), node }));
  return {
    edges,
    nodes: clients,
    pageInfo: { hasNextPage, hasPreviousPage, startCursor: edges.at(0)?.cursor ?? null, endCursor: edges.at(-1)?.cursor ?? null },
    search,
  };
}
