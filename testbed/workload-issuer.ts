import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';

/** A key of an issuer, by which its tokens are signed. */
export interface IssuerKey {
  jwk: JWK;
  privateKey: CryptoKey;
  alg: string;
}

/** What stands in a token in place of the usual; undefined leaves it out. */
export interface TokenParts {
  claims?: Record<string, unknown>;
  header?: Record<string, unknown>;
  key?: IssuerKey;
}

/** A platform that gives its workloads tokens of what they are, and publishes its keys at a server of its own. */
export interface WorkloadIssuer {
  url: string;
  /** Those that it publishes. The first signs. */
  keys: IssuerKey[];
  /** Of the requests that came. */
  paths: string[];
  /** Headers of its answers. */
  headers: Record<string, string>;
  /** Answers in place of it, by path. */
  answers: Record<string, (request: IncomingMessage, response: ServerResponse) => void>;
  /** Of its description of itself. */
  metadata: Record<string, unknown>;
  /** A token for an audience. */
  sign(audience: string, parts?: TokenParts): Promise<string>;
  /** What it publishes as JWKS. */
  jwks(): { keys: JWK[] };
  stop(): Promise<void>;
}

const SECONDS = 600;

/** Makes a key with a name of its own. */
export async function makeIssuerKey(kid: string, alg = 'ES256'): Promise<IssuerKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' }, privateKey, alg };
}

/** Signs a token as an issuer does. */
export function signToken(
  issuer: string,
  key: IssuerKey,
  audience: string,
  { claims = {}, header = {} }: TokenParts = {},
): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const usual = { iss: issuer, sub: 'workload', aud: audience, iat: now, nbf: now, exp: now + SECONDS };
  return new SignJWT({ ...usual, ...claims })
    .setProtectedHeader({ alg: key.alg, kid: key.jwk.kid, ...header } as { alg: string })
    .sign(key.privateKey);
}

/** Starts one. */
export async function startWorkloadIssuer(): Promise<WorkloadIssuer> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://localhost:${(server.address() as { port: number }).port}`;
  const issuer: WorkloadIssuer = {
    url,
    keys: [await makeIssuerKey('one')],
    paths: [],
    headers: {},
    answers: {},
    metadata: {},
    sign: (audience, parts = {}) => signToken(url, parts.key ?? (issuer.keys[0] as IssuerKey), audience, parts),
    jwks: () => ({ keys: issuer.keys.map(({ jwk }) => jwk) }),
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  server.on('request', (request, response) => {
    const { pathname } = new URL(request.url ?? '/', url);
    issuer.paths.push(pathname);
    const instead = issuer.answers[pathname];
    if (instead) return instead(request, response);
    const documents: Record<string, object> = {
      '/.well-known/openid-configuration': { issuer: url, jwks_uri: `${url}/jwks`, ...issuer.metadata },
      '/jwks': issuer.jwks(),
    };
    const document = documents[pathname];
    response.writeHead(document ? 200 : 404, { 'content-type': 'application/json', ...issuer.headers });
    response.end(JSON.stringify(document ?? {}));
  });
  return issuer;
}

/** What the platforms say of a workload, in the shape in which they document it. */
export const WORKLOADS = {
  githubActions: {
    iss: 'https://token.actions.githubusercontent.com',
    sub: 'repo:octo-org/octo-repo:ref:refs/heads/main',
    ref: 'refs/heads/main',
    ref_type: 'branch',
    sha: '6f1c0a5d4b7e8a9d3c2b1a0f9e8d7c6b5a493827',
    repository: 'octo-org/octo-repo',
    repository_id: '74',
    repository_owner: 'octo-org',
    repository_owner_id: '65',
    repository_visibility: 'private',
    run_id: '30433642',
    run_number: '10',
    run_attempt: '2',
    actor: 'octocat',
    actor_id: '12',
    workflow: 'deploy',
    workflow_ref: 'octo-org/octo-repo/.github/workflows/deploy.yml@refs/heads/main',
    job_workflow_ref: 'octo-org/octo-automation/.github/workflows/oidc.yml@refs/heads/main',
    event_name: 'push',
    head_ref: '',
    base_ref: '',
    runner_environment: 'github-hosted',
  },
  kubernetes: {
    iss: 'https://kubernetes.default.svc.cluster.local',
    sub: 'system:serviceaccount:billing:exporter',
    'kubernetes.io': {
      namespace: 'billing',
      node: { name: 'node-1', uid: '0b9e2f9d-3b77-4f6b-9c53-0a2f3d6d5f11' },
      pod: { name: 'exporter-6d5f7c9b8d-x2x7v', uid: '5fa3f2f5-2b16-4c3a-8a3c-3a0f5b6a7c8d' },
      serviceaccount: { name: 'exporter', uid: '2f6d2c2e-9e1b-4a39-8f06-6e0a1b2c3d4e' },
    },
  },
  spiffe: { iss: undefined, sub: 'spiffe://example.org/ns/billing/sa/exporter', nbf: undefined },
  gitlab: {
    iss: 'https://gitlab.com',
    sub: 'project_path:acme/exporter:ref_type:branch:ref:main',
    namespace_id: '72',
    namespace_path: 'acme',
    project_id: '20',
    project_path: 'acme/exporter',
    user_id: '1',
    pipeline_id: '574',
    job_id: '302',
    ref: 'main',
    ref_type: 'branch',
    ref_protected: 'true',
    runner_environment: 'gitlab-hosted',
  },
  google: {
    iss: 'https://accounts.google.com',
    sub: '112233445566778899001',
    azp: '112233445566778899001',
    email: 'exporter@acme.iam.gserviceaccount.com',
    email_verified: true,
  },
} as const;
