import type { Room } from '../platform/room.js';
import { RevokedToken } from './revoked-token.entity.js';
import type { TokenStatusService } from './token-status.service.js';

export const tokensRoom: Room<{ status: TokenStatusService }> = {
  entities: [RevokedToken],
  belongings: [{ entity: RevokedToken, mayBeMany: true }],
  sweeps: ({ status }, now) => [() => status.sweep(now)],
};
