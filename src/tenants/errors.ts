import { AppError, ReferenceGone } from '../platform/errors.js';

/** Nothing is served at the host that a request was sent to. The host is not repeated. */
export class HostNotServed extends AppError {
  constructor() {
    super('HOST_NOT_SERVED', 'This host is not served here.', { status: 421 });
  }
}

/** The caller's tenant was disabled or deleted while the caller was being answered. */
export class TenantDisabled extends AppError {
  constructor() {
    super('TENANT_DISABLED', 'This tenant was disabled in the meantime. Nothing was changed.');
  }
}

/** Whether an error says that the caller's tenant is served no more. */
export function isOfTenantGone(error: unknown): boolean {
  return error instanceof HostNotServed || error instanceof TenantDisabled || error instanceof ReferenceGone;
}

const TENANT_LIMITS = {
  CLIENTS: (limit: number) =>
    `The tenant has as many clients as it may (${limit}). Delete some that are not used; whoever manages tenants may allow more.`,
  MUTATIONS: (limit: number) => `The tenant has made as many changes as it may in a minute (${limit}). What ends access goes on.`,
  RECORD: (limit: number) =>
    `The record of the tenant has grown by as many bytes as it may in a day (${limit}). What ends access goes on; whoever manages tenants may allow more.`,
  ANSWERS: (limit: number) =>
    `More than ${limit} characters of answers wait for those who asked for them. Take them, and ask for less at once.`,
};

/** A tenant has used up what it may use of the server. Whoever manages tenants may give it more. */
export class TenantLimit extends AppError {
  /** @param given `retryAfterSeconds`: when there is room again by itself; absent when there never is */
  constructor(
    readonly kind: keyof typeof TENANT_LIMITS,
    { limit, retryAfterSeconds }: { limit: number; retryAfterSeconds?: number },
  ) {
    const wait = retryAfterSeconds === undefined ? '' : ` Try again in ${retryAfterSeconds} seconds.`;
    super('TENANT_LIMIT', TENANT_LIMITS[kind](limit) + wait, { status: 429, oauthError: 'too_many_requests', retryAfterSeconds });
  }

  override get details(): { limit: string; retryAfterSeconds?: number } {
    const { kind, retryAfterSeconds } = this;
    return { limit: kind, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) };
  }
}

/** The caller lacks a right that the operation needs. */
export class Forbidden extends AppError {
  /** @param right the one that is missing, or several; absent when none would do */
  constructor(
    message: string,
    readonly right?: string | readonly string[],
  ) {
    super('FORBIDDEN', message, { status: 403, oauthError: 'access_denied' });
  }
}

/** What the caller showed when the request began is worth nothing any more. */
export class RightsEnded extends AppError {
  constructor() {
    super('UNAUTHENTICATED', 'The token or session that this request began with has ended in the meantime. This was not done.', {
      status: 401,
      oauthError: 'invalid_token',
      challenge: 'Bearer',
    });
  }
}
