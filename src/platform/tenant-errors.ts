import { AppError } from './errors.js';

/** Nothing is served at the host that a request was sent to. The host is not repeated. */
export class HostNotServed extends AppError {
  constructor() {
    super('HOST_NOT_SERVED', 'This host is not served here.');
  }
}

/** The host belongs to another tenant. */
export class HostTaken extends AppError {
  constructor(host: string, options?: ErrorOptions) {
    super('HOST_TAKEN', `The host ${host} belongs to a tenant already. Choose another host.`, options);
  }
}

/** No tenant has this host. */
export class TenantNotFound extends AppError {
  constructor() {
    super('TENANT_NOT_FOUND', 'No tenant with this host exists. Give the host with its port, unless that is the usual one.');
  }
}

/** The caller's tenant was disabled or deleted while the caller was being answered. */
export class TenantDisabled extends AppError {
  constructor(options?: ErrorOptions) {
    super('TENANT_DISABLED', 'This tenant was disabled in the meantime. Nothing was changed.', options);
  }
}

/** A tenant that is served cannot be deleted. */
export class TenantEnabled extends AppError {
  constructor() {
    super('TENANT_ENABLED', 'This tenant is enabled. Disable it first: then nothing of it is in use any more when it is deleted.');
  }
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
  /** When there is room again by itself; absent when there never is. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    readonly kind: keyof typeof TENANT_LIMITS,
    { limit, retryAfterSeconds }: { limit: number; retryAfterSeconds?: number },
  ) {
    const wait = retryAfterSeconds === undefined ? '' : ` Try again in ${retryAfterSeconds} seconds.`;
    super('TENANT_LIMIT', TENANT_LIMITS[kind](limit) + wait);
    this.retryAfterSeconds = retryAfterSeconds;
  }

  override get details(): { limit: string; retryAfterSeconds?: number } {
    const { kind, retryAfterSeconds } = this;
    return { limit: kind, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) };
  }
}

/** What cannot be done to the tenant that manages all others. */
export class HomeTenant extends AppError {
  constructor() {
    super('HOME_TENANT', 'The home tenant manages the others: it can be neither disabled nor deleted.');
  }
}
