import type { AuditAction, AuditObjectType, AuditRowFragment } from '../api/generated';
import { exactly } from '../words/moment';

/** What was done, as people say it. */
export const ACTIONS: Record<AuditAction, string> = {
  CHANGE_CLIENT_AUTH_METHOD: 'changed how a client proves itself',
  CHANGE_ENCRYPTION_KEY: 'changed the encryption key',
  CREATE_CERTIFICATE_AUTHORITY: 'trusted a certificate authority',
  CREATE_CLIENT: 'created a client',
  CREATE_TENANT: 'created a tenant',
  CREATE_TRUSTED_ISSUER: 'trusted an issuer',
  DELETE_CERTIFICATE_AUTHORITY: 'deleted a certificate authority',
  DELETE_CLIENT: 'deleted a client',
  DELETE_TENANT: 'deleted a tenant',
  DELETE_TRUSTED_ISSUER: 'deleted a trusted issuer',
  END_PREVIOUS_AUTH_METHOD: 'ended the former way of a client',
  REFRESH_CLIENT_KEYS: 'fetched keys of a client',
  REMOVE_IDENTITY_PROVIDER: 'removed the identity provider',
  REPORT_LEAK: 'reported a leaked secret',
  RESET_ADMINISTRATOR: 'reset the administrator',
  RESTORE: 'restored a backup',
  RESTORE_PREVIOUS_AUTH_METHOD: 'took a client back to its former way',
  REVOKE_CLIENT_SECRET: 'revoked a secret key',
  REVOKE_CLIENT_TOKENS: 'revoked all tokens',
  REVOKE_SIGNING_KEY: 'revoked a signing key',
  ROTATE_CLIENT_SECRET: 'rotated a secret key',
  ROTATE_SIGNING_KEY: 'rotated the signing key',
  SET_IDENTITY_PROVIDER: 'set the identity provider',
  SIGN_IN: 'signed in',
  SIGN_OUT: 'signed out',
  UPDATE_CLIENT: 'changed a client',
  UPDATE_TENANT: 'changed a tenant',
  UPDATE_TRUSTED_ISSUER: 'changed a trusted issuer',
};

/** What things can be done to, as people say it. */
export const OBJECTS: Record<AuditObjectType, string> = {
  AUTHORITY: 'Certificate authority',
  CLIENT: 'Client',
  IDENTITY_PROVIDER: 'Identity provider',
  INSTALLATION: 'Installation',
  SESSION: 'Session',
  SIGNING_KEY: 'Signing key',
  TENANT: 'Tenant',
  TRUSTED_ISSUER: 'Trusted issuer',
};

/** Who did something, as people say it. */
export function actorOf({ actorType, actorId, actorName }: AuditRowFragment): string {
  if (actorType === 'ANONYMOUS') return 'somebody unknown';
  if (actorType === 'SYSTEM') return 'Latchkey itself';
  return actorName ?? actorId ?? 'somebody unknown';
}

/** What changed, setting by setting: before and after. */
export function changesIn({ before, after }: AuditRowFragment): { name: string; before: string; after: string }[] {
  const names = new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})]);
  return [...names].map((name) => ({ name, before: inWords(before?.[name]), after: inWords(after?.[name]) }));
}

function inWords(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value)) return value.map(itemInWords).join(', ') || 'none';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** A secret is told by its last characters, and until when it works where that is limited. */
function itemInWords(item: unknown): string {
  if (typeof item === 'string') return item;
  const { hint, expiresAt } = (item ?? {}) as { hint?: unknown; expiresAt?: unknown };
  if (typeof hint !== 'string') return JSON.stringify(item);
  return typeof expiresAt === 'string' ? `${hint} until ${exactly(expiresAt)}` : hint;
}
