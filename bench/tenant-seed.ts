import { createMaker } from './seed-maker.ts';
import type { Target } from './seed-target.ts';

/** How many tenants there are beside the home tenant. */
export const TENANTS = 10_000;
/** How many clients each of them has. */
export const CLIENTS_OF_EACH = 100;
const TENANTS_AT_ONCE = 20;

/** The host of a tenant. */
export function hostOf(tenant: number): string {
  return `t${String(tenant).padStart(5, '0')}.localhost`;
}

/** The id of one of a tenant's clients. */
export function clientIdOf(client: number): string {
  return `client-${String(client).padStart(3, '0')}`;
}

/**
 * Makes the tenants with their signing keys, clients and secrets, once for all databases.
 * @param env with the encryption key of all targets, and a database that none of them is
 * @returns the secrets, those of one tenant after those of another
 */
export async function seed(env: Record<string, string>, targets: readonly Target[]): Promise<string[]> {
  const maker = await createMaker(env);
  const secrets: string[] = [];
  for (let index = 0; index < TENANTS; index += 1) {
    const tenant = await maker.tenant({ host: hostOf(index), name: `Tenant ${index}` });
    for (let client = 0; client < CLIENTS_OF_EACH; client += 1) {
      secrets.push(await maker.client(tenant, { name: `Client ${client}`, clientId: clientIdOf(client) }));
    }
    if ((index + 1) % TENANTS_AT_ONCE !== 0) continue;
    for (const { table, columns, rows } of maker.take()) {
      for (const target of targets) await target.insert(table, columns, rows);
    }
  }
  for (const target of targets) await target.close();
  await maker.close();
  return secrets;
}
