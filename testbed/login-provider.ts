import type { Server } from 'node:http';
import { exportJWK, generateKeyPair } from 'jose';
import Provider from 'oidc-provider';

/** An OpenID provider with a login page that lets anybody in by any password; people have the groups given here. */
export interface LoginProvider {
  issuer: string;
  clientId: string;
  clientSecret: string;
  stop(): Promise<void>;
}

/** Starts a real provider for one relying party. @param groups of each person, by the name that they log in with */
export async function startLoginProvider(redirectUri: string, groups: Record<string, string[]>): Promise<LoginProvider> {
  const { createServer } = await import('node:http');
  const server: Server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://localhost:${(server.address() as { port: number }).port}`;
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const [clientId, clientSecret] = ['latchkey', 'a-secret-that-only-two-servers-know'];
  const provider = new Provider(issuer, {
    claims: { openid: ['sub'], profile: ['name'], groups: ['groups'] },
    clients: [
      {
        client_id: clientId,
        client_secret: clientSecret,
        redirect_uris: [redirectUri],
        id_token_signed_response_alg: 'ES256',
      },
    ],
    conformIdTokenClaims: false,
    cookies: { keys: ['for tests'] },
    findAccount: (_ctx, id) => ({
      accountId: id,
      claims: () => ({ sub: id, name: `${id[0]?.toUpperCase()}${id.slice(1)} Example`, groups: groups[id] ?? [] }),
    }),
    jwks: { keys: [{ ...(await exportJWK(privateKey)), alg: 'ES256', use: 'sig' }] },
    pkce: { required: () => true },
    scopes: ['openid', 'profile', 'groups'],
  });
  server.on('request', provider.callback());
  return {
    issuer,
    clientId,
    clientSecret,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
