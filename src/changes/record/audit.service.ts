import { createHash } from 'node:crypto';
import { redact } from '../../platform/redaction.js';
import type { Caller } from '../../tenants/caller.js';
import type { AuditAction, AuditEvent, AuditObjectType } from './audit-event.entity.js';

const LONGEST_NAME = 255;
const LONGEST_VALUE = 8_000;

/** What is told of a thing. Whoever describes it leaves its secrets out; one that somebody put in a wrong place is taken out of the entry. */
export type Description = Record<string, unknown>;

/** What was done, and to what. */
export interface Deed {
  action: AuditAction;
  on: [type: AuditObjectType, id: string];
  before?: Description | null;
  after?: Description | null;
}

/**
 * An entry of the record, without its place. Every text is as the database gives it back, so that it can be checked later.
 * @param id of the transaction that it is written in
 */
export function describeDeed(id: string, { tenant, actor, request }: Caller, deed: Deed): Omit<AuditEvent, 'sequence' | 'hash'> {
  const [objectType, objectId] = deed.on;
  return {
    id,
    tenantId: tenant.id,
    at: new Date(),
    action: deed.action,
    actorType: actor.type,
    actorId: cut(actor.id),
    actorName: cut(actor.name),
    objectType,
    objectId: cut(objectId) as string,
    before: bound(deed.before),
    after: bound(deed.after),
    requestId: request.id,
    address: request.address,
  };
}

/** What is long, such as a set of keys, is told by its digest alone: enough to know it again. */
function bound(description: Description | null | undefined): Description | null {
  if (!description) return null;
  const shorten = (value: unknown) => {
    const json = JSON.stringify(value) ?? 'null';
    if (json.length <= LONGEST_VALUE) return value;
    return { sha256: createHash('sha256').update(json).digest('base64url'), bytes: Buffer.byteLength(json) };
  };
  // As it will be read again: a moment is a text, and what is undefined is not there.
  return JSON.parse(redact(JSON.stringify(Object.fromEntries(Object.entries(description).map(([name, value]) => [name, shorten(value)])))));
}

/** Of two descriptions of one thing, what differs. */
export function difference(before: Description, after: Description): { before: Description; after: Description } {
  const differs = Object.keys(after).filter((key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]));
  const pick = (from: Description) => Object.fromEntries(differs.map((key) => [key, from[key]]));
  return { before: pick(before), after: pick(after) };
}

function cut(text: string | null): string | null {
  return text && [...redact(text.toWellFormed())].slice(0, LONGEST_NAME).join('');
}
