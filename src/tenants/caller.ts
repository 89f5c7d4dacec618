import type { Context } from 'koa';
import type { RequestMark, RequestTarget } from '../platform/http/request.js';
import { RequestNotes } from '../platform/http/request-notes.js';
import type { Tenant } from './tenant.entity.js';

/** The tenant that a request belongs to, with the URL that names it in tokens. */
export interface TenantContext {
  tenant: Tenant;
  /** Origin, without a trailing slash. */
  issuer: string;
}

/** A tenant as requests reach it. */
export interface ReachedTenant extends TenantContext {
  /** Where its clients are asked for a certificate, when that is not the issuer. */
  mtlsOrigin?: string | undefined;
}

/** What kind of somebody did something. */
export enum ActorType {
  CLIENT = 'CLIENT',
  PERSON = 'PERSON',
  SYSTEM = 'SYSTEM',
  ANONYMOUS = 'ANONYMOUS',
}

/** Who did something, as the record names them. */
export interface Actor {
  type: ActorType;
  /** A client's id, a person's `sub`, or what the system was about; null for somebody who is not known. */
  id: string | null;
  /** What a person is called; null for all others. */
  name: string | null;
}

/** One text for each who acts in a tenant. */
export function actorKey({ type, id }: Omit<Actor, 'name'>): string {
  return JSON.stringify([type, id]);
}

/** Who does something, within which tenant, by which request. */
export interface Caller extends ReachedTenant {
  actor: Actor;
  request: RequestMark;
}

/** What names a token whose signature was checked. */
export interface TokenName {
  clientId: string;
  jti: string;
  kid: string;
}

/** A token that was shown and found genuine. */
export interface TokenCredential extends TokenName {
  /** Those that it carries. */
  scopes: readonly string[];
  /** Seconds since 1970. */
  expiresAt: number;
}

/** A session that was found. */
export interface SessionCredential {
  /** Of its row. */
  sessionId: string;
}

/** What a caller showed: by it each change asks again whether they still have their rights. */
export type Credential = TokenCredential | SessionCredential;

/** A caller who proved who they are, and what they may do. */
export interface Principal extends Caller {
  /** The rights of the token or session that are still theirs. */
  scopes: readonly string[];
  credential: Credential;
}

/** What every resolver is given of its request. */
export interface GraphQLContext {
  /** Absent when neither a token nor a session was sent; every field but introspection then refuses. */
  principal: Principal | undefined;
  requestId: string;
}

/** What a request was sent to: the tenant, and what a page on that host has for its origin. */
export const served = new RequestNotes<{ tenant: ReachedTenant; origin: string }>();

/** The tenant whose host a request was sent to. */
export function tenantOf(ctx: Pick<Context, 'req'>): ReachedTenant {
  return served.of(ctx).tenant as ReachedTenant;
}

/** Whether a request was sent to the host at which clients are asked for a certificate, and to which nobody goes with a browser. */
export function isAtMtlsHost(ctx: Pick<Context, 'req'>): boolean {
  const { mtlsOrigin } = tenantOf(ctx);
  return mtlsOrigin !== undefined && mtlsOrigin === served.of(ctx).origin;
}

/** What the URLs begin with of which a request was sent to one: one of the two of the tenant, whatever the Host header says. */
export function baseUrlOf(ctx: Pick<Context, 'req'>): string {
  return isAtMtlsHost(ctx) ? (served.of(ctx).origin as string) : tenantOf(ctx).issuer;
}

/** What a request asks for. */
export function targetOf(ctx: Context): RequestTarget {
  return { method: ctx.method, url: baseUrlOf(ctx) + ctx.path };
}

/** Names the server itself as the one who does something. @param task what it is about */
export function systemCaller(context: TenantContext, task: string): Caller {
  return { ...context, actor: { type: ActorType.SYSTEM, id: task, name: null }, request: { id: null, address: null } };
}
