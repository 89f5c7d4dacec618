import type { Room } from '../platform/room.js';
import { FederationResolver } from './federation/federation.resolver.js';
import type { FederationService } from './federation/federation.service.js';
import type { RemoteKeys } from './federation/remote-keys.service.js';
import { UsedProof } from './used-proof.entity.js';
import type { UsedProofService } from './used-proof.service.js';

export const authenticationRoom: Room<{ proofs: UsedProofService; remoteKeys: RemoteKeys; federation: FederationService }> = {
  entities: [UsedProof],
  belongings: [{ entity: UsedProof, mayBeMany: true }],
  resolvers: [FederationResolver],
  createResolvers: ({ federation }) => [new FederationResolver(federation)],
  sweeps: ({ proofs, remoteKeys }, now) => [() => proofs.sweep(now), () => remoteKeys.sweep(now)],
};
