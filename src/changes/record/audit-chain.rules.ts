import { createHash, createHmac } from 'node:crypto';
import type { AuditEvent } from './audit-event.entity.js';

/** The key of a tenant's record: whoever lacks it can make no entry that would fit into the chain. */
export interface RecordKey {
  /** Names the key without revealing it, and begins every link and seal that is made with it. */
  name: string;
  bytes: Buffer;
}

/** Where the chain of a tenant begins and ends, as the tenant's row has it. */
export interface ChainEnds {
  tenantId: string;
  /** Of the last entry; 0 before the first one. */
  sequence: number;
  hash: string;
  /** Of the last entry that was removed because of its age. */
  sweptSequence: number;
  sweptHash: string;
  /** When the first entry with a link was written, as ISO 8601 has it. */
  beganAt: string;
}

/** An entry with its place, before it is linked. */
export type Placed = Omit<AuditEvent, 'hash'>;

/** @param bytes 32 random ones */
export function recordKey(bytes: Buffer): RecordKey {
  return { name: createHash('sha256').update(bytes).digest('hex').slice(0, 8), bytes };
}

/**
 * What links an entry to the one before it: a MAC of both. An entry that is changed, moved, or made by somebody else does not fit.
 * @param previous the link of the entry before; empty for the first one
 */
export function linkOf(key: RecordKey, previous: string, event: Placed): string {
  const { sequence, tenantId, id, at, action, actorType, actorId, actorName } = event;
  const { objectType, objectId, before, after, requestId, address } = event;
  const who = [actorType, actorId, actorName];
  const what = [action, objectType, objectId, before, after];
  return seal(key, ['entry', previous, tenantId, sequence, id, at.toISOString(), who, what, requestId, address]);
}

/** What proves where the chain begins and ends: without it the newest entries could go, and the oldest before their time. */
export function sealOf(key: RecordKey, { tenantId, sequence, hash, sweptSequence, sweptHash, beganAt }: ChainEnds): string {
  return seal(key, ['ends', tenantId, sequence, hash, sweptSequence, sweptHash, beganAt]);
}

function seal({ name, bytes }: RecordKey, content: unknown): string {
  return `${name}.${createHmac('sha256', bytes).update(canonicalJson(content)).digest('base64url')}`;
}

/**
 * JSON in the one form that it has whatever a database, a backup or a driver made of it: the members of objects by name, no blanks.
 * @see https://www.rfc-editor.org/rfc/rfc8785
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`).join(',')}}`;
}
