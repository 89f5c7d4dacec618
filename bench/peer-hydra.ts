import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../testbed/free-port.ts';
import { createClients, type Peer, type PeerHome, type PreparedPeer, postJson, SCOPE, startPeer } from './peer.ts';
import { SECRET } from './subject.ts';

interface HydraOptions {
  /** Opaque tokens are Hydra's default and cost it no signature; JWTs are what the others issue. */
  accessToken?: 'jwt' | 'opaque';
}

/**
 * Ory Hydra, as `HYDRA` names it or `hydra` on the path: SQLite in WAL mode, client secrets hashed as it does by itself, PBKDF2
 * with 25,000 rounds of SHA-256.
 *
 * JWTs are signed with ES256, for which the key is made before Hydra makes its own: an RSA key of 4096 bits would take it 10 ms more a token.
 *
 * @returns nothing when it is not installed
 * @throws when `HYDRA` names something else
 */
export async function startHydra({ accessToken = 'jwt' }: HydraOptions = {}): Promise<Peer | undefined> {
  const { HYDRA } = process.env;
  const command = HYDRA ?? 'hydra';
  const { status, stdout } = spawnSync(command, ['version'], { encoding: 'utf8' });
  // There is another program of that name, a guesser of passwords.
  const isOry = status === 0 && /^Git Hash:/m.test(stdout);
  if (!isOry && HYDRA) throw new Error(`HYDRA does not name Ory Hydra: ${HYDRA}`);
  if (!isOry) return undefined;
  return startPeer((home) => setUp(home, command, accessToken));
}

async function setUp({ folder, serve }: PeerHome, command: string, accessToken: string): Promise<PreparedPeer> {
  const [publicPort, adminPort] = [await freePort(), await freePort()];
  const configuration = join(folder, 'configuration.json');
  writeFileSync(configuration, JSON.stringify(configure({ publicPort, adminPort, accessToken, folder })));
  const migrated = spawnSync(command, ['migrate', 'sql', '--read-from-env', '--yes', '--config', configuration], { encoding: 'utf8' });
  if (migrated.status !== 0) throw new Error(`Hydra made no database; was it built with the tag sqlite? ${migrated.stderr.slice(-500)}`);
  const admin = `http://127.0.0.1:${adminPort}`;
  const pid = await serve(command, ['serve', 'all', '--config', configuration], `${admin}/health/ready`);
  await postJson(`${admin}/admin/keys/hydra.jwt.access-token`, { alg: 'ES256', kid: 'bench', use: 'sig' });
  const authorizations = await createClients(async (clientId, secret) => {
    await postJson(`${admin}/admin/clients`, describeClient(clientId, secret));
  });
  const tokenUrl = `http://127.0.0.1:${publicPort}/oauth2/token`;
  return { product: `Hydra ${readVersion(pid)}`, hash: 'PBKDF2 25,000', tokenUrl, authorizations };
}

/** As behind a proxy that ends TLS: an issuer with https and a port without, which needs no `--dev`. */
function configure(own: { publicPort: number; adminPort: number; accessToken: string; folder: string }): object {
  return {
    dsn: `sqlite://${join(own.folder, 'database')}?_fk=true&_journal_mode=WAL`,
    serve: {
      public: { host: '127.0.0.1', port: own.publicPort },
      admin: { host: '127.0.0.1', port: own.adminPort },
      tls: { enabled: false },
    },
    urls: { self: { issuer: `https://localhost:${own.publicPort}` } },
    strategies: { access_token: own.accessToken },
    secrets: { system: [SECRET] },
    log: { level: 'error' },
    sqa: { opt_out: true },
  };
}

function describeClient(clientId: string, secret: string): object {
  return {
    client_id: clientId,
    client_name: 'Bench',
    client_secret: secret,
    grant_types: ['client_credentials'],
    scope: SCOPE,
    token_endpoint_auth_method: 'client_secret_basic',
  };
}

/** Built as a Go module, `hydra version` says "master"; the version stands in the program among the modules it is made of. */
function readVersion(pid: number): string {
  const program = readFileSync(`/proc/${pid}/exe`);
  const module = 'github.com/ory/hydra/v2\tv';
  const start = program.indexOf(module) + module.length;
  return /^[\d.]+/.exec(program.toString('latin1', start, start + 20))?.[0] ?? 'of an unknown version';
}
