import { v7 as uuid } from 'uuid';
import type { Changes } from '../../changes/changes.service.js';
import type { Description } from '../../changes/record/audit.service.js';
import { AuditAction, AuditObjectType } from '../../changes/record/audit-event.entity.js';
import { isDuplicate } from '../../platform/database/faults.js';
import type { Database } from '../../platform/database/transaction.js';
import type { Principal, TenantContext } from '../../tenants/caller.js';
import { MANAGEMENT_SCOPES, TENANT_SCOPES } from '../../tenants/scopes.js';
import { describeAuthority } from '../certificates/certificate-authority.js';
import { requireSameRights } from '../client.rules.js';
import { CertificateAuthority } from './certificate-authority.entity.js';
import type { CreateCertificateAuthorityInput } from './certificate-authority.input.js';
import { AuthorityLimit, AuthorityNotFound, AuthorityTaken } from './errors.js';

const RIGHT = { right: 'clients:write' } as const;
const MOST_AUTHORITIES = 10;

/** Keeps the authorities whose certificates prove clients of a tenant. */
export class CertificateAuthorityService {
  constructor(
    private readonly database: Database,
    private readonly changes: Changes,
  ) {}

  /** Those of a tenant, by name. */
  list({ tenant }: TenantContext): Promise<CertificateAuthority[]> {
    const order = { name: 'ASC', id: 'ASC' } as const;
    return this.database.read((manager) => manager.find(CertificateAuthority, { where: { tenantId: tenant.id }, order }));
  }

  /**
   * Trusts one more authority. It can make a certificate for any client, so that whoever names it needs every right that one may have.
   * @throws {AuthorityTaken | AuthorityLimit | Forbidden}
   */
  create(caller: Principal, { name, certificate }: CreateCertificateAuthorityInput): Promise<CertificateAuthority> {
    const { fingerprint, pem } = describeAuthority(certificate);
    const made: CertificateAuthority = {
      id: uuid(),
      tenantId: caller.tenant.id,
      name: name.trim(),
      fingerprint,
      certificate: pem,
      createdAt: new Date(),
    };
    return this.changes
      .make(caller, RIGHT, async ({ manager, caller: present, record }) => {
        requireSameRights(present, { scopes: rightsOfClients(caller) });
        const { tenantId } = made;
        if ((await manager.countBy(CertificateAuthority, { tenantId })) >= MOST_AUTHORITIES) throw new AuthorityLimit(MOST_AUTHORITIES);
        await manager.insert(CertificateAuthority, made);
        await record({ action: AuditAction.CREATE_CERTIFICATE_AUTHORITY, on: objectOf(made), after: describe(made) });
        return made;
      })
      .catch((cause) => {
        throw isDuplicate(cause) ? new AuthorityTaken({ cause }) : cause;
      });
  }

  /**
   * Trusts an authority no more: its certificates prove nobody from then on. Tokens that were issued go on.
   * @throws {AuthorityNotFound | Forbidden}
   */
  delete(caller: Principal, fingerprint: string): Promise<{ fingerprint: string }> {
    return this.changes.make(caller, { ...RIGHT, allowance: 'ending' }, async ({ manager, caller: present, record }) => {
      requireSameRights(present, { scopes: rightsOfClients(caller) });
      const before = await manager.findOneBy(CertificateAuthority, { tenantId: caller.tenant.id, fingerprint });
      if (!before) throw new AuthorityNotFound();
      await manager.delete(CertificateAuthority, { id: before.id });
      await record({ action: AuditAction.DELETE_CERTIFICATE_AUTHORITY, on: objectOf(before), before: describe(before) });
      return { fingerprint };
    });
  }
}

/** The rights to manage Latchkey that a client of a tenant may have. */
function rightsOfClients({ tenant }: TenantContext): readonly string[] {
  return tenant.isHome ? MANAGEMENT_SCOPES : TENANT_SCOPES;
}

function objectOf({ fingerprint }: CertificateAuthority): [AuditObjectType, string] {
  return [AuditObjectType.AUTHORITY, fingerprint];
}

function describe({ name, certificate }: CertificateAuthority): Description {
  const { subject, notAfter } = describeAuthority(certificate);
  return { name, subject, notAfter };
}
