import type { Database } from '../platform/database/transaction.js';
import type { Room } from '../platform/room.js';
import { ChangeClientAuthMethodInput } from './auth-method.input.js';
import { AuthMethodResolver } from './auth-method.resolver.js';
import type { AuthMethodService } from './auth-method.service.js';
import { CertificateAuthority } from './authorities/certificate-authority.entity.js';
import { CreateCertificateAuthorityInput } from './authorities/certificate-authority.input.js';
import { CertificateAuthorityResolver } from './authorities/certificate-authority.resolver.js';
import type { CertificateAuthorityService } from './authorities/certificate-authority.service.js';
import { Client } from './client.entity.js';
import { CreateClientInput, UpdateClientInput } from './client.input.js';
import { ClientConnectionResolver, ClientResolver } from './client.resolver.js';
import type { ClientService } from './client.service.js';
import { ClientProofResolver } from './client-proof.resolver.js';
import { ClientSecret } from './client-secret.entity.js';
import { ClientSecretResolver } from './client-secret.resolver.js';
import type { ClientSecretService } from './client-secret.service.js';
import { CLIENT_DEPENDENTS } from './dependents.js';
import { FederatedCredential } from './federation/federated-credential.entity.js';
import { FederatedCredentialResolver } from './federation/federated-credential.resolver.js';
import { KeySet } from './federation/key-set.entity.js';
import { TrustedIssuer } from './federation/trusted-issuer.entity.js';
import { CreateTrustedIssuerInput, UpdateTrustedIssuerInput } from './federation/trusted-issuer.input.js';
import { TrustedIssuerResolver } from './federation/trusted-issuer.resolver.js';
import type { TrustedIssuerService } from './federation/trusted-issuer.service.js';
import { ClientListService } from './list/client-list.service.js';
import { ClientLoader } from './list/client-loader.service.js';
import { ClientGram, ClientSegment } from './search/client-segment.entity.js';
import { ClientHour } from './use/client-hour.entity.js';
import { ClientProof } from './use/client-proof.entity.js';
import { ClientRefusals } from './use/client-refusal.js';
import type { ClientUseService } from './use/client-use.service.js';

/** What the room of clients works with. */
interface Parts {
  database: Database;
  clients: ClientService;
  secrets: ClientSecretService;
  use: ClientUseService;
  authMethods: AuthMethodService;
  trustedIssuers: TrustedIssuerService;
  authorities: CertificateAuthorityService;
}

export const clientsRoom: Room<Parts> = {
  entities: [
    Client,
    ClientSecret,
    ClientHour,
    ClientSegment,
    ClientGram,
    TrustedIssuer,
    FederatedCredential,
    KeySet,
    CertificateAuthority,
    ClientProof,
    ClientRefusals,
  ],
  belongings: [
    { entity: ClientSegment, mayBeMany: true, dependents: [{ entity: ClientGram, by: 'segment_id' }] },
    { entity: Client, mayBeMany: true, dependents: CLIENT_DEPENDENTS },
    { entity: TrustedIssuer },
    { entity: CertificateAuthority },
    { entity: KeySet, mayBeMany: true },
  ],
  inputs: [
    CreateClientInput,
    UpdateClientInput,
    ChangeClientAuthMethodInput,
    CreateTrustedIssuerInput,
    UpdateTrustedIssuerInput,
    CreateCertificateAuthorityInput,
  ],
  resolvers: [
    ClientResolver,
    ClientConnectionResolver,
    ClientSecretResolver,
    ClientProofResolver,
    AuthMethodResolver,
    FederatedCredentialResolver,
    TrustedIssuerResolver,
    CertificateAuthorityResolver,
  ],
  createResolvers: ({ database, clients, secrets, authMethods, trustedIssuers, authorities }) => {
    const list = new ClientListService(database);
    const loader = new ClientLoader(database);
    return [
      new ClientResolver(clients, list, loader),
      new ClientConnectionResolver(list),
      new ClientSecretResolver(secrets, loader),
      new ClientProofResolver(loader),
      new AuthMethodResolver(authMethods, loader),
      new FederatedCredentialResolver(),
      new TrustedIssuerResolver(trustedIssuers),
      new CertificateAuthorityResolver(authorities),
    ];
  },
  encrypted: ({ secrets }) => [
    { name: 'assertionSecrets', words: 'secrets that sign assertions', renew: (reach, after) => secrets.reencrypt(reach, after) },
  ],
  sweeps: ({ secrets, use }, now) => [() => secrets.sweep(now), () => use.sweep(now)],
};
