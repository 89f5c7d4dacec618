import type { Belonging } from '../platform/room.js';
import { ClientSecret } from './client-secret.entity.js';
import { FederatedCredential } from './federation/federated-credential.entity.js';
import { ClientHour } from './use/client-hour.entity.js';

/** What goes with a client and may be many. */
export const CLIENT_DEPENDENTS = [
  { entity: ClientHour, by: 'client_row_id' },
  { entity: ClientSecret, by: 'client_row_id' },
  { entity: FederatedCredential, by: 'client_row_id' },
] as const satisfies Belonging['dependents'];
