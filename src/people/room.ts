import type { Room } from '../platform/room.js';
import { IdentityProvider } from './identity-provider.entity.js';
import { IdentityProviderInput } from './identity-provider.input.js';
import { IdentityProviderResolver } from './identity-provider.resolver.js';
import type { IdentityProviderService } from './identity-provider.service.js';
import { Session } from './session.entity.js';
import type { SessionService } from './session.service.js';
import { ViewerResolver } from './viewer.resolver.js';

/** What the room of people works with. */
interface Parts {
  providers: IdentityProviderService;
  sessions: SessionService;
}

export const peopleRoom: Room<Parts> = {
  entities: [IdentityProvider, Session],
  belongings: [{ entity: Session, mayBeMany: true }, { entity: IdentityProvider }],
  inputs: [IdentityProviderInput],
  resolvers: [IdentityProviderResolver, ViewerResolver],
  createResolvers: ({ providers }) => [new IdentityProviderResolver(providers), new ViewerResolver()],
  sweeps: ({ sessions }, now) => [() => sessions.sweep(now)],
};
