import { Field, ObjectType } from 'type-graphql';
import { BadUserInput } from '../errors.js';

const LARGEST_PAGE = 100;
/** More than the longest name makes. */
const LONGEST_CURSOR = 2_000;

/** Where a page stands in its list. @see https://relay.dev/graphql/connections.htm */
@ObjectType({ description: 'Where a page stands in its list.' })
export class PageInfo {
  @Field({ description: 'Whether more follow. Ask for them with after: endCursor.' })
  hasNextPage!: boolean;

  @Field({ description: 'Whether some came before.' })
  hasPreviousPage!: boolean;

  @Field(() => String, { nullable: true, description: 'The cursor of the first of this page; null when it is empty.' })
  startCursor!: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'The cursor of the last of this page, or of the last that was looked at for it: to ask for more with. Null when it is empty and nothing follows.',
  })
  endCursor!: string | null;
}

/** A page of a list, each item with its cursor. */
export interface Connection<T> {
  edges: { cursor: string; node: T }[];
  nodes: T[];
  pageInfo: PageInfo;
}

/** Which part of a list to read. */
export interface PageRequest {
  /** 1 to 100. */
  first: number;
  after?: string | null | undefined;
}

/** Refuses pages that are empty or too large. @throws {BadUserInput} */
export function requirePageSize(first: number): void {
  if (first < 1 || first > LARGEST_PAGE) throw new BadUserInput([{ path: 'first', message: `Ask for 1 to ${LARGEST_PAGE} at a time.` }]);
}

/** A page in the form of a connection. @param rows as many as were asked for, and one more when more follow */
export function toConnection<T>(rows: readonly T[], { first, after }: PageRequest, cursorOf: (row: T) => string): Connection<T> {
  const nodes = rows.slice(0, first);
  const edges = nodes.map((node) => ({ cursor: cursorOf(node), node }));
  const pageInfo = {
    hasNextPage: rows.length > first,
    hasPreviousPage: after != null,
    startCursor: edges.at(0)?.cursor ?? null,
    endCursor: edges.at(-1)?.cursor ?? null,
  };
  return { edges, nodes, pageInfo };
}

/** A cursor that says where in which list it stands. */
export function toCursor(list: string, ...position: readonly string[]): string {
  return Buffer.from(JSON.stringify([list, ...position])).toString('base64url');
}

/**
 * Reads a cursor back.
 * @param list the same as in {@link toCursor}
 * @param isPosition whether what it says can be a position of this list
 * @throws {BadUserInput} when it is not one of this list
 */
export function fromCursor(cursor: string, list: string, isPosition: (position: string[]) => boolean): string[] {
  const [ofList, ...position] = parse(cursor);
  if (ofList === list && position.every((part) => typeof part === 'string') && isPosition(position as string[]))
    return position as string[];
  throw new BadUserInput([{ path: 'after', message: 'Give the endCursor of a page of the same list and order, unchanged.' }]);
}

function parse(cursor: string): unknown[] {
  if (cursor.length > LONGEST_CURSOR) return [];
  try {
    const value = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}
