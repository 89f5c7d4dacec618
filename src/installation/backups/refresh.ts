import { AuditAction, AuditObjectType } from '../../changes/record/audit-event.entity.js';
import { Client } from '../../clients/client.entity.js';
import { makeTokenEpoch } from '../../clients/client.rules.js';
import { Session } from '../../people/session.entity.js';
import { StartupError } from '../../platform/errors.js';
import { systemCaller } from '../../tenants/caller.js';
import { Tenant } from '../../tenants/tenant.entity.js';
import type { Installation } from '../installation.js';
import type { BackupHeader } from './backup-file.js';

/**
 * Does what a restored database needs before it is used: signs everybody out, whoever signed out since among them, cuts all
 * tokens when that is wanted, and writes down that it was restored.
 */
export async function refresh(
  installation: Installation,
  { createdAt, clients, tenants }: BackupHeader,
  cutsTokens: boolean,
): Promise<void> {
  const { changes, home, cipher } = installation;
  await changes.perform(systemCaller(home, 'restore'), async ({ manager, record }) => {
    const isWhole = (await manager.count(Client)) === clients && (await manager.count(Tenant)) === tenants;
    if (!isWhole)
      throw new StartupError('What was restored is not what the backup tells of: something has changed it meanwhile. Nothing was changed.');
    await manager.createQueryBuilder().delete().from(Session).execute();
    if (cutsTokens) await manager.createQueryBuilder().update(Client).set({ tokenEpoch: makeTokenEpoch() }).execute();
    const on: [AuditObjectType, string] = [AuditObjectType.INSTALLATION, cipher.keyId];
    await record({ action: AuditAction.RESTORE, on, after: { createdAt, clients, cutsTokens } });
  });
}
