import { fromCursor, toCursor } from '../../platform/graphql/connection.js';
import type { Client } from '../client.entity.js';
import { ClientOrderField } from './client-filter.input.js';

const NEVER = '';

/** Where a page of clients ends: the sorted value and the id of its last client. */
export interface Position {
  /** Null when the value is the absent one. */
  key: Date | string | null;
  id: string;
}

/** The column that each order sorts by. */
export const SORT_COLUMN = {
  [ClientOrderField.NAME]: 'nameKey',
  [ClientOrderField.CLIENT_ID]: 'clientId',
  [ClientOrderField.CREATED_AT]: 'createdAt',
  [ClientOrderField.LAST_USED_AT]: 'lastUsedAt',
} as const satisfies Record<ClientOrderField, keyof Client>;

/** The cursor of a client in a list of this order. */
export function toClientCursor(client: Client, field: ClientOrderField): string {
  const value = client[SORT_COLUMN[field]] ?? NEVER;
  return toCursor(field, value instanceof Date ? value.toISOString() : value, client.id);
}

/**
 * Reads a cursor back.
 * @throws {BadUserInput} when it is not one of a list of this order
 */
export function fromClientCursor(cursor: string, field: ClientOrderField): Position {
  const isNullable = field === ClientOrderField.LAST_USED_AT;
  const isMoment = isNullable || field === ClientOrderField.CREATED_AT;
  const isKey = (key: string) => !isMoment || isStoredMoment(key) || (isNullable && key === NEVER);
  const [key, id] = fromCursor(cursor, field, (position) => position.length === 2 && isKey(position[0] as string)) as [string, string];
  if (!isMoment) return { key, id };
  return { key: key === NEVER ? null : new Date(key), id };
}

/** As `toISOString` writes it and both databases can compare with it: not before 1970, and four digits to the year. */
function isStoredMoment(text: string): boolean {
  const milliseconds = Date.parse(text);
  return milliseconds >= 0 && text.length === 24 && new Date(milliseconds).toISOString() === text;
}
