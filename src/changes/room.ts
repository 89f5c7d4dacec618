import type { Cipher } from '../platform/cipher.js';
import type { Config } from '../platform/config.js';
import type { Room } from '../platform/room.js';
import { AuditResolver } from './record/audit.resolver.js';
import { AuditEvent } from './record/audit-event.entity.js';
import type { AuditListService } from './record/audit-list.service.js';
import { reencryptRecordKeys } from './record/record-key.service.js';

/** What the room of changes works with. */
interface Parts {
  audit: AuditListService;
  config: Config;
  cipher: Cipher;
}

export const changesRoom: Room<Parts> = {
  entities: [AuditEvent],
  // Of a tenant that is half gone nobody misses it: it goes after all else.
  belongings: [{ entity: AuditEvent, mayBeMany: true }],
  resolvers: [AuditResolver],
  createResolvers: ({ audit }) => [new AuditResolver(audit)],
  encrypted: ({ cipher }) => [
    { name: 'recordKeys', words: 'keys of records', renew: (reach, after) => reencryptRecordKeys(reach, cipher, after) },
  ],
  sweeps: ({ audit, config }, now) => [() => audit.sweep(now, config.auditRetentionDays)],
};
