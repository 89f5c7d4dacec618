import type { EntityManager } from 'typeorm';
import type { Change, Changes } from '../changes/changes.service.js';
import { AuditAction, AuditObjectType } from '../changes/record/audit-event.entity.js';
import { BadUserInput, StaleVersion } from '../platform/errors.js';
import type { Outbound } from '../platform/http/outbound.js';
import type { Principal } from '../tenants/caller.js';
import type { ChangeClientAuthMethodInput } from './auth-method.input.js';
import { hasSecrets, requireFittingProof, requireSharedKeys } from './auth-method.rules.js';
import { Client, ClientAuthMethod } from './client.entity.js';
import { requireSameRights } from './client.rules.js';
import { type ClientHolders, lossOf } from './client-holders.service.js';
import { describeClient, requireClient } from './client-row.service.js';
import { type ClientSecretService, LONGEST_OVERLAP_SECONDS } from './client-secret.service.js';
import { NoPreviousMethod } from './errors.js';
import { FederatedCredential } from './federation/federated-credential.entity.js';
import { credentialsOf, isOneInForce, replaceCredentials } from './federation/federated-credentials.service.js';
import { usedBy, waysOf, withGiven } from './proof-material.js';
import { makeSecret, type PlainSecret } from './secret.js';
import { end, reinstate, supersede } from './secret-ends.service.js';
import { ClientProof } from './use/client-proof.entity.js';

const RIGHT = { right: 'clients:write' } as const;
const DEFAULT_OVERLAP_SECONDS = 86_400;

/** What is asked of the way before. */
export interface PreviousMethodTerms {
  /** The version of the client that the caller has seen. */
  version?: number | null;
}

/** Lets clients come from one way to prove themselves to another, without anybody being cut. */
export class AuthMethodService {
  constructor(
    private readonly changes: Changes,
    private readonly secrets: ClientSecretService,
    private readonly holders: ClientHolders,
    private readonly outbound: Outbound,
  ) {}

  /**
   * Gives a client another way to prove itself, and lets the one before go on for the overlap. Tokens go on.
   * @returns its secret in the clear, where the new way has one, for the one response that shows it
   * @throws {BadUserInput | ClientNotFound | StaleVersion | Forbidden | LastAdministrator}
   */
  async change(
    caller: Principal,
    clientId: string,
    input: ChangeClientAuthMethodInput,
  ): Promise<{ client: Client; clientSecret: PlainSecret | null }> {
    const { authMethod } = input;
    const overlapSeconds = requireOverlap(input.overlapSeconds ?? DEFAULT_OVERLAP_SECONDS, 'input.overlapSeconds');
    requireFittingProof(authMethod, input);
    if (input.jwksUri != null) this.outbound.requirePermitted(input.jwksUri, 'input.jwksUri');
    const clientSecret = hasSecrets(authMethod) ? makeSecret() : null;
    const client = await this.#changing(
      caller,
      { action: AuditAction.CHANGE_CLIENT_AUTH_METHOD, clientId, ...input, overlapSeconds },
      async (change, before, now) => {
        if (before.authMethod === authMethod)
          throw new BadUserInput([
            { path: 'input.authMethod', message: `The client proves itself by ${authMethod} already: rotate its secret, or update it.` },
          ]);
        const after = { ...before, ...turn(before, authMethod, { now, end: endOf(now, overlapSeconds) }), ...withGiven(before, input) };
        if (overlapSeconds > 0) requireSharedKeys(before, after);
        await this.#supersedeSecrets(change.manager, before, { now, end: endOf(now, overlapSeconds), next: authMethod });
        if (input.federatedCredentials)
          await replaceCredentials(change.manager, after, { given: input.federatedCredentials, issuer: caller.issuer });
        if (clientSecret) await this.secrets.insertNext(change.manager, after, clientSecret, now);
        return after;
      },
    );
    return { client, clientSecret };
  }

  /**
   * Goes back to the way before, which has not ended yet; the one that was to follow it goes on for the overlap.
   * @throws {BadUserInput | ClientNotFound | NoPreviousMethod | StaleVersion | Forbidden | LastAdministrator}
   */
  restore(caller: Principal, clientId: string, terms: PreviousMethodTerms & { overlapSeconds: number }): Promise<Client> {
    const overlapSeconds = requireOverlap(terms.overlapSeconds, 'overlapSeconds');
    return this.#changing(
      caller,
      { action: AuditAction.RESTORE_PREVIOUS_AUTH_METHOD, clientId, ...terms },
      async ({ manager }, before, now) => {
        const authMethod = requirePrevious(before, now);
        const live = await this.secrets.liveSecrets(manager, before, now);
        await this.#supersedeSecrets(manager, before, { now, end: endOf(now, overlapSeconds), next: authMethod });
        const newest = live.filter((secret) => isOf(authMethod, secret)).at(-1);
        if (hasSecrets(authMethod) && !newest) throw new NoPreviousMethod();
        if (newest) await reinstate(manager, newest);
        return { ...before, ...turn(before, authMethod, { now, end: endOf(now, overlapSeconds) }) };
      },
    );
  }

  /**
   * Ends the way before at once, with the tokens that were issued for its secrets or by its credentials.
   * @throws {ClientNotFound | NoPreviousMethod | StaleVersion | Forbidden}
   */
  end(caller: Principal, clientId: string, terms: PreviousMethodTerms): Promise<Client> {
    return this.#changing(
      caller,
      { action: AuditAction.END_PREVIOUS_AUTH_METHOD, clientId, ...terms, allowance: 'ending' },
      async ({ manager }, before, now) => {
        const authMethod = requirePrevious(before, now);
        for (const secret of await this.secrets.liveSecrets(manager, before, now))
          if (isOf(authMethod, secret) && !isOf(before.authMethod, secret)) await end(manager, secret, now);
        return { ...before, previousAuthMethod: null, previousMethodEndsAt: null };
      },
    );
  }

  #changing(
    caller: Principal,
    { action, clientId, version, overlapSeconds, allowance = overlapSeconds === 0 ? 'reserved' : 'ordinary' }: Changing,
    work: (change: Change, before: Client, now: Date) => Promise<Client>,
  ): Promise<Client> {
    return this.holders.keep(caller, (requireOthers) =>
      this.changes.make(caller, { ...RIGHT, allowance }, async (change) => {
        const { manager, caller: present, record } = change;
        const before = await requireClient(manager, caller, clientId);
        if (version != null && version !== before.version) throw new StaleVersion('client', before.version);
        requireSameRights(present, before);
        const [now, described] = [new Date(), await describe(manager, before)];
        const turned = await work(change, { ...before }, now);
        const after = { ...turned, ...usedBy(turned, turned), version: before.version + 1, updatedAt: now };
        if (!waysOf(after).includes(ClientAuthMethod.FEDERATED_JWT)) await manager.delete(FederatedCredential, { clientRowId: before.id });
        const canProve = await canStay(manager, after);
        await requireOthers(manager, lossOf(before, canProve ? after : null));
        const { authMethod, jwks, jwksUri, tlsClientAuth, previousAuthMethod, previousMethodEndsAt, authMethodChangedAt } = after;
        const changed = { authMethod, jwks, jwksUri, tlsClientAuth, previousAuthMethod, previousMethodEndsAt, authMethodChangedAt };
        await manager.update(Client, { id: before.id }, { ...changed, version: after.version, updatedAt: now } as object);
        // Both ways are counted from now on.
        if (authMethod !== before.authMethod) await manager.delete(ClientProof, { clientRowId: before.id });
        const on: [AuditObjectType, string] = [AuditObjectType.CLIENT, clientId];
        await record({ action, on, before: described, after: await describe(manager, after) });
        return Object.assign(before, after);
      }),
    );
  }

  /** Those of the present way end with it, and those of one before it now; of the way that comes the newest goes on as it was to. */
  async #supersedeSecrets(manager: EntityManager, client: Client, { now, end: ends, next }: Supersession): Promise<void> {
    const live = await this.secrets.liveSecrets(manager, client, now);
    const present = live.filter((secret) => isOf(client.authMethod, secret));
    const kept = live.filter((secret) => isOf(next, secret)).at(-1);
    await supersede(manager, present, { now, end: ends });
    const others = live.filter((secret) => secret !== kept && !present.includes(secret));
    await supersede(manager, others, { now, end: now });
  }
}

interface Supersession {
  now: Date;
  end: Date;
  /** The way that comes. */
  next: ClientAuthMethod;
}

function turn(
  { authMethod: previous }: Client,
  authMethod: ClientAuthMethod,
  { now, end: ends }: Omit<Supersession, 'next'>,
): Pick<Client, 'authMethod' | 'previousAuthMethod' | 'previousMethodEndsAt' | 'authMethodChangedAt'> {
  const goesOn = ends > now;
  return {
    authMethod,
    previousAuthMethod: goesOn ? previous : null,
    previousMethodEndsAt: goesOn ? ends : null,
    authMethodChangedAt: now,
  };
}

interface Changing extends PreviousMethodTerms {
  action: AuditAction;
  clientId: string;
  overlapSeconds?: number | null | undefined;
  allowance?: 'ordinary' | 'reserved' | 'ending';
}

/** Whether a client can prove itself for as long as nobody changes it. A certificate ends by itself, and may count for nothing here. */
async function canStay(manager: EntityManager, client: Client): Promise<boolean> {
  if (client.authMethod === ClientAuthMethod.FEDERATED_JWT) return isOneInForce(manager, client);
  return ![ClientAuthMethod.TLS_CLIENT_AUTH, ClientAuthMethod.SELF_SIGNED_TLS_CLIENT_AUTH].includes(client.authMethod);
}

/** Whether a secret is one of those that a way proves a client with. */
function isOf(method: ClientAuthMethod, { encryptedSecret }: { encryptedSecret: string | null }): boolean {
  return hasSecrets(method) && (encryptedSecret !== null) === (method === ClientAuthMethod.CLIENT_SECRET_JWT);
}

async function describe(manager: EntityManager, client: Client): Promise<Record<string, unknown>> {
  const { authMethod, jwks, jwksUri, tlsClientAuth, federatedCredentials } = describeClient(client, await credentialsOf(manager, client));
  const { previousAuthMethod, previousMethodEndsAt } = client;
  return { authMethod, jwks, jwksUri, tlsClientAuth, federatedCredentials, previousAuthMethod, previousMethodEndsAt };
}

/** @throws {NoPreviousMethod} when it has ended, or there was none */
function requirePrevious({ previousAuthMethod, previousMethodEndsAt }: Client, now: Date): ClientAuthMethod {
  if (!previousAuthMethod || !previousMethodEndsAt || previousMethodEndsAt <= now) throw new NoPreviousMethod();
  return previousAuthMethod;
}

function requireOverlap(seconds: number, path: string): number {
  if (seconds >= 0 && seconds <= LONGEST_OVERLAP_SECONDS) return seconds;
  throw new BadUserInput([{ path, message: `Give 0 to ${LONGEST_OVERLAP_SECONDS} seconds (30 days); 0 ends the way before at once.` }]);
}

function endOf(now: Date, overlapSeconds: number): Date {
  return new Date(now.getTime() + overlapSeconds * 1000);
}
