import type { Room } from '../platform/room.js';
import type { RemoteKeys } from './federation/remote-keys.service.js';
import { UsedProof } from './used-proof.entity.js';
import type { UsedProofService } from './used-proof.service.js';

export const authenticationRoom: Room<{ proofs: UsedProofService; remoteKeys: RemoteKeys }> = {
  entities: [UsedProof],
  belongings: [{ entity: UsedProof, mayBeMany: true }],
  sweeps: ({ proofs, remoteKeys }, now) => [() => proofs.sweep(now), () => remoteKeys.sweep(now)],
};
