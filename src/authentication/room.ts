import type { Room } from '../platform/room.js';
import { UsedProof } from './used-proof.entity.js';
import type { UsedProofService } from './used-proof.service.js';

export const authenticationRoom: Room<{ proofs: UsedProofService }> = {
  entities: [UsedProof],
  belongings: [{ entity: UsedProof, mayBeMany: true }],
  sweeps: ({ proofs }, now) => [() => proofs.sweep(now)],
};
