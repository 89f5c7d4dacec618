import { fromCursor, toCursor } from '../platform/connection.js';
import type { Client } from './client.entity.js';
import { ClientOrderField } from './client.input.js';

/** Where a page of clients ends: the sorted value and the id of its last client. */
export interface Position {
  key: string;
  id: string;
}

/** The column that each order sorts by. */
export const SORT_COLUMN = {
  [ClientOrderField.NAME]: 'nameKey',
  [ClientOrderField.CLIENT_ID]: 'clientId',
  [ClientOrderField.CREATED_AT]: 'createdAt',
} as const satisfies Record<ClientOrderField, keyof Client>;

/** The cursor of a client in a list of this order. */
export function toClientCursor(client: Client, field: ClientOrderField): string {
  const value = client[SORT_COLUMN[field]];
  return toCursor(field, value instanceof Date ? value.toISOString() : value, client.id);
}

/**
 * Reads a cursor back.
 * @throws {BadUserInput} when it is not one of a list of this order
 */
export function fromClientCursor(cursor: string, field: ClientOrderField): Position {
  const isMoment = field === ClientOrderField.CREATED_AT;
  const isPosition = (position: string[]) => position.length === 2 && !(isMoment && Number.isNaN(Date.parse(position[0] as string)));
  const [key, id] = fromCursor(cursor, field, isPosition) as [string, string];
  return { key, id };
}
