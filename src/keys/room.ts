import type { Room } from '../platform/room.js';
import { SigningKey } from './signing-key.entity.js';
import { SigningKeyResolver } from './signing-key.resolver.js';
import type { SigningKeys } from './signing-keys.js';

export const keysRoom: Room<{ signingKeys: SigningKeys }> = {
  entities: [SigningKey],
  belongings: [{ entity: SigningKey }],
  resolvers: [SigningKeyResolver],
  createResolvers: ({ signingKeys }) => [new SigningKeyResolver(signingKeys)],
  encrypted: ({ signingKeys }) => [
    { name: 'keys', words: 'signing keys', sealsBackups: true, renew: (reach, after) => signingKeys.reencrypt(reach, after) },
  ],
  sweeps: ({ signingKeys }, now) => [() => signingKeys.sweep(now)],
};
