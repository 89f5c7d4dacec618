import type { Database } from '../platform/database/transaction.js';
import type { Room } from '../platform/room.js';
import { Client } from './client.entity.js';
import { CreateClientInput, UpdateClientInput } from './client.input.js';
import { ClientConnectionResolver, ClientResolver } from './client.resolver.js';
import type { ClientService } from './client.service.js';
import { ClientSecret } from './client-secret.entity.js';
import { ClientSecretResolver } from './client-secret.resolver.js';
import type { ClientSecretService } from './client-secret.service.js';
import { CLIENT_DEPENDENTS } from './dependents.js';
import { ClientListService } from './list/client-list.service.js';
import { ClientLoader } from './list/client-loader.service.js';
import { ClientGram, ClientSegment } from './search/client-segment.entity.js';
import { ClientHour } from './use/client-hour.entity.js';
import type { ClientUseService } from './use/client-use.service.js';

/** What the room of clients works with. */
interface Parts {
  database: Database;
  clients: ClientService;
  secrets: ClientSecretService;
  use: ClientUseService;
}

export const clientsRoom: Room<Parts> = {
  entities: [Client, ClientSecret, ClientHour, ClientSegment, ClientGram],
  belongings: [
    { entity: ClientSegment, mayBeMany: true, dependents: [{ entity: ClientGram, by: 'segment_id' }] },
    { entity: Client, mayBeMany: true, dependents: CLIENT_DEPENDENTS },
  ],
  inputs: [CreateClientInput, UpdateClientInput],
  resolvers: [ClientResolver, ClientConnectionResolver, ClientSecretResolver],
  createResolvers: ({ database, clients, secrets }) => {
    const list = new ClientListService(database);
    const loader = new ClientLoader(database);
    return [new ClientResolver(clients, list, loader), new ClientConnectionResolver(list), new ClientSecretResolver(secrets, loader)];
  },
  encrypted: ({ secrets }) => [
    { name: 'assertionSecrets', words: 'secrets that sign assertions', renew: (reach, after) => secrets.reencrypt(reach, after) },
  ],
  sweeps: ({ secrets, use }, now) => [() => secrets.sweep(now), () => use.sweep(now)],
};
