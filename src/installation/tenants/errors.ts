import { AppError } from '../../platform/errors.js';

/** The host belongs to another tenant. */
export class HostTaken extends AppError {
  constructor(host: string, options?: ErrorOptions) {
    super('HOST_TAKEN', `The host ${host} belongs to a tenant already. Choose another host.`, options);
  }
}

/** The host at which clients of a new tenant would show certificates belongs to another one. */
export class MtlsHostTaken extends AppError {
  constructor(host: string, mtlsHost: string) {
    const message = `Clients of a tenant at ${host} would show their certificates at ${mtlsHost}, which belongs to a tenant already. Choose another host.`;
    super('HOST_TAKEN', message);
  }
}

/** No tenant has this host. */
export class TenantNotFound extends AppError {
  constructor() {
    super('TENANT_NOT_FOUND', 'No tenant with this host exists. Give the host with its port, unless that is the usual one.');
  }
}

/** A tenant that is served cannot be deleted. */
export class TenantEnabled extends AppError {
  constructor() {
    super('TENANT_ENABLED', 'This tenant is enabled. Disable it first: then nothing of it is in use any more when it is deleted.');
  }
}

/** What cannot be done to the tenant that manages all others. */
export class HomeTenant extends AppError {
  constructor() {
    super('HOME_TENANT', 'The home tenant manages the others: it can be neither disabled nor deleted.');
  }
}
