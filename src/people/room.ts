import type { Room } from '../platform/room.js';
import { IdentityProvider } from './identity-provider.entity.js';
import { IdentityProviderInput } from './identity-provider.input.js';
import { IdentityProviderResolver } from './identity-provider.resolver.js';
import type { PeopleParts } from './routes.js';
import { Session } from './session.entity.js';
import { ViewerResolver } from './viewer.resolver.js';

export const peopleRoom: Room<PeopleParts> = {
  entities: [IdentityProvider, Session],
  belongings: [{ entity: Session, mayBeMany: true }, { entity: IdentityProvider }],
  inputs: [IdentityProviderInput],
  resolvers: [IdentityProviderResolver, ViewerResolver],
  createResolvers: ({ providers }) => [new IdentityProviderResolver(providers), new ViewerResolver()],
  encrypted: ({ providers }) => [
    { name: 'providerSecrets', words: 'secrets for identity providers', renew: (reach, after) => providers.reencrypt(reach, after) },
  ],
  sweeps: ({ sessions }, now) => [() => sessions.sweep(now)],
  routes: async (parts, watchers) => (await import('./routes.js')).peopleRoutes(parts, watchers),
};
