// oidc-provider as it comes: its in-memory adapter, static clients with a plain secret, JWTs signed with ES256.
import { generateKeyPairSync } from 'node:crypto';
import Provider from 'oidc-provider';

const port = Number(process.env.PORT);
const issuer = `http://localhost:${port}`;
const jwk = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });

const provider = new Provider(issuer, {
  clientDefaults: { id_token_signed_response_alg: 'ES256' },
  clients: Array.from({ length: 512 }, (_, index) => ({
    client_id: `bench-${index}`,
    client_secret: process.env.SECRET as string,
    grant_types: ['client_credentials'],
    redirect_uris: [],
    response_types: [],
  })),
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => `${issuer}/api`,
      getResourceServerInfo: () => ({
        scope: 'orders:read',
        accessTokenFormat: 'jwt',
        accessTokenTTL: 3600,
        jwt: { sign: { alg: 'ES256' } },
      }),
    },
  },
  routes: { token: '/connect/token' },
  jwks: { keys: [{ ...jwk, alg: 'ES256', use: 'sig' }] },
});
provider.listen(port, '127.0.0.1');
