import { isDeepStrictEqual } from 'node:util';
import { type EntityManager, In } from 'typeorm';
import { v7 as uuid } from 'uuid';
import { BadUserInput } from '../../platform/errors.js';
import type { TenantContext } from '../../tenants/caller.js';
import { isManagementScope, MANAGEMENT_SCOPES, type ManagementScope } from '../../tenants/scopes.js';
import type { Client } from '../client.entity.js';
import { FederatedCredential } from './federated-credential.entity.js';
import type { GivenCredential } from './federated-credential.rules.js';
import { digestOf } from './key-source.js';
import { TrustedIssuer } from './trusted-issuer.entity.js';

/** By which the credentials of an issuer are found, and the issuer itself. */
export function keyOfIssuer(issuer: string): string {
  return digestOf(issuer);
}

/** By which a client is found that did not say who it is. */
export function keyOfSubject(issuer: string, subject: string): string {
  return digestOf(issuer, subject);
}

/** The credentials of a client, the oldest first. */
export function credentialsOf(manager: EntityManager, { id }: Pick<Client, 'id'>): Promise<FederatedCredential[]> {
  return manager.find(FederatedCredential, { where: { clientRowId: id }, order: { createdAt: 'ASC', id: 'ASC' } });
}

/**
 * Gives a client these credentials in place of those that it has. One that is the same as before stays what it was, with its use and its
 * tokens; one that is gone takes its tokens with it.
 * @returns those that it has then
 * @throws {BadUserInput} when an issuer is none that the tenant trusts
 */
export async function replaceCredentials(
  manager: EntityManager,
  client: Client,
  { given, issuer }: { given: readonly GivenCredential[]; issuer: string },
): Promise<FederatedCredential[]> {
  await requireTrusted(manager, client.tenantId, given);
  const before = await credentialsOf(manager, client);
  const wanted = given.map((credential) => {
    const made = toCredential(credential, client, issuer);
    return before.find((known) => isDeepStrictEqual(termsOf(known), termsOf(made))) ?? made;
  });
  const gone = before.filter((known) => !wanted.includes(known));
  if (gone.length > 0) await manager.delete(FederatedCredential, { id: In(gone.map(({ id }) => id)) });
  for (const made of wanted.filter((one) => !before.includes(one))) await manager.insert(FederatedCredential, made as object);
  return wanted;
}

/** Notes whether a client has a right to manage Latchkey. */
export async function noteRights(manager: EntityManager, { id, scopes }: Pick<Client, 'id' | 'scopes'>): Promise<void> {
  await manager.update(FederatedCredential, { clientRowId: id }, { managesLatchkey: scopes.some(isManagementScope) });
}

/** Whether the issuer of one of these is trusted and enabled, so that a client can prove itself. */
export async function isOneInForce(manager: EntityManager, { id }: Pick<Client, 'id'>): Promise<boolean> {
  const sql = `SELECT 1 FROM federated_credentials f JOIN trusted_issuers i ON i.tenant_id = f.tenant_id AND i.issuer_key = f.issuer_key
    WHERE f.client_row_id = ? AND i.enabled = 1 LIMIT 1`;
  return (await manager.query(sql, [id])).length > 0;
}

/** The rights to manage Latchkey of those who prove themselves through an issuer. */
export interface RightsThrough {
  /** Of all of them. */
  all: ManagementScope[];
  /** Of those that are enabled. */
  inUse: ManagementScope[];
}

/** Which rights to manage Latchkey somebody has who can sign for an issuer. */
export async function rightsThrough(manager: EntityManager, tenantId: string, issuer: string): Promise<RightsThrough> {
  const columns = MANAGEMENT_SCOPES.flatMap((right, index) => {
    const has = `INSTR(c.scopes, '"${right}"') > 0`;
    return [`MAX(${has}) AS all_${index}`, `MAX(${has} AND c.enabled = 1) AS used_${index}`];
  });
  const sql = `SELECT ${columns.join(', ')} FROM federated_credentials f JOIN clients c ON c.id = f.client_row_id
    WHERE f.tenant_id = ? AND f.issuer_key = ? AND f.manages_latchkey = 1`;
  const [row] = await manager.query(sql, [tenantId, keyOfIssuer(issuer)]);
  const having = (kind: string) => MANAGEMENT_SCOPES.filter((_, index) => Number(row?.[`${kind}_${index}`]));
  return { all: having('all'), inUse: having('used') };
}

/** A credential as the record has it. */
export function describeCredential({ issuer, subject, subjectPattern, claims, audience }: FederatedCredential): object {
  return { issuer, ...(subject === null ? { subjectPattern } : { subject }), claims, audience };
}

async function requireTrusted(manager: EntityManager, tenantId: string, given: readonly GivenCredential[]): Promise<void> {
  const issuers = [...new Set(given.map(({ issuer }) => issuer))];
  const trusted = await manager.find(TrustedIssuer, {
    select: { id: true, issuer: true },
    where: { tenantId, issuerKey: In(issuers.map(keyOfIssuer)) },
  });
  const index = given.findIndex(({ issuer }) => !trusted.some((known) => known.issuer === issuer));
  if (index < 0) return;
  const message = `Number ${index + 1} has an issuer that is not trusted here: add it to the trusted issuers first, byte for byte.`;
  throw new BadUserInput([{ path: 'input.federatedCredentials', message }]);
}

function toCredential(
  { issuer, subject = null, subjectPattern = null, claims, audience = null }: GivenCredential,
  { id: clientRowId, tenantId, scopes }: Client,
  ownIssuer: string,
): FederatedCredential {
  return {
    id: uuid(),
    tenantId,
    clientRowId,
    issuer,
    issuerKey: keyOfIssuer(issuer),
    subject,
    subjectKey: subject === null ? null : keyOfSubject(issuer, subject),
    subjectPattern,
    claims: { ...claims },
    audience: audience === ownIssuer ? null : audience,
    managesLatchkey: scopes.some(isManagementScope),
    createdAt: new Date(),
    lastUsedAt: null,
    lastUsedIp: null,
    useCount: 0,
  };
}

function termsOf({ issuer, subject, subjectPattern, claims, audience }: FederatedCredential): object {
  return { issuer, subject, subjectPattern, claims, audience };
}

/** What its tokens have to be for, in full. */
export function audienceOf({ audience }: Pick<FederatedCredential, 'audience'>, { issuer }: Pick<TenantContext, 'issuer'>): string {
  return audience ?? issuer;
}
