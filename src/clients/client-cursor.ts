import { BadUserInput } from '../platform/errors.js';
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
export function toCursor(client: Client, field: ClientOrderField): string {
  const value = client[SORT_COLUMN[field]];
  const key = value instanceof Date ? value.toISOString() : value;
  return Buffer.from(JSON.stringify([field, key, client.id])).toString('base64url');
}

/**
 * Reads a cursor back.
 * @throws {BadUserInput} when it is not one of a list of this order
 */
export function fromCursor(cursor: string, field: ClientOrderField): Position {
  const [cursorField, key, id] = parse(cursor);
  const isKey = typeof key === 'string' && (field !== ClientOrderField.CREATED_AT || !Number.isNaN(Date.parse(key)));
  if (cursorField === field && isKey && typeof id === 'string') return { key, id };
  throw new BadUserInput([{ path: 'after', message: 'Give the endCursor of a page of the same order, unchanged.' }]);
}

function parse(cursor: string): unknown[] {
  try {
    const value = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}
