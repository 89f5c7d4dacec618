import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from 'jose';

type Key = { privateKey: CryptoKey; publicKey: CryptoKey };
type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** What a provider may do wrong. */
export interface Lies {
  /** Of the ID token, beside the usual ones. */
  claims?: Record<string, unknown>;
  /** Of its description of itself. */
  metadata?: Record<string, unknown>;
  /** Answers in its stead, by path. */
  answers?: Record<string, Answer>;
  /** Signs with a key that it does not publish. */
  hidesKey?: boolean;
  /** What it calls that key. */
  kid?: string;
}

/** An OpenID provider that behaves, except for the lies it is told to tell. It needs no login: any code is good. */
export interface LyingProvider {
  issuer: string;
  lies: Lies;
  /** What the relying party sent as nonce; goes into the ID token. */
  nonce: string;
  /** Of the requests that came. */
  paths: string[];
  stop(): Promise<void>;
}

/** Starts one. */
export async function startLyingProvider(clientId: string): Promise<LyingProvider> {
  const [published, hidden] = (await Promise.all([generateKeyPair('ES256'), generateKeyPair('ES256')])) as [Key, Key];
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://localhost:${(server.address() as { port: number }).port}`;
  const provider: LyingProvider = {
    issuer,
    lies: {},
    nonce: '',
    paths: [],
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  const idToken = () =>
    new SignJWT({ nonce: provider.nonce, groups: ['admins'], name: 'Mallory', ...provider.lies.claims })
      .setProtectedHeader({ alg: 'ES256', kid: provider.lies.kid ?? 'one' })
      .setIssuer((provider.lies.claims?.iss as string) ?? issuer)
      .setSubject((provider.lies.claims?.sub as string) ?? 'mallory')
      .setAudience((provider.lies.claims?.aud as string) ?? clientId)
      .setIssuedAt()
      .setExpirationTime((provider.lies.claims?.exp as number) ?? '1 minute')
      .sign((provider.lies.hidesKey ? hidden : published).privateKey);
  const routes: Record<string, () => Promise<object>> = {
    '/.well-known/openid-configuration': async () => ({
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/jwks`,
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['ES256'],
      ...provider.lies.metadata,
    }),
    '/jwks': async () => ({ keys: [{ ...(await exportJWK(published.publicKey)), kid: 'one', alg: 'ES256', use: 'sig' }] }),
    '/token': async () => ({ access_token: 'x', token_type: 'Bearer', id_token: await idToken() }),
  };
  server.on('request', async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', issuer);
    provider.paths.push(pathname);
    const lie = provider.lies.answers?.[pathname];
    if (lie) return lie(request, response);
    const answer = await routes[pathname]?.();
    response.writeHead(answer ? 200 : 404, { 'content-type': 'application/json' }).end(JSON.stringify(answer ?? {}));
  });
  return provider;
}
