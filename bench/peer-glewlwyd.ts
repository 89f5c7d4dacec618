import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { freePort } from '../testbed/free-port.ts';
import { createClients, type Peer, type PeerHome, type PreparedPeer, postJson, SCOPE, startPeer } from './peer.ts';

/** What Debian's package itself makes a new database with: the administrator, and users and clients kept in that database. */
const SCHEMA = '/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3';
const MODULES = '/usr/lib/glewlwyd';

/**
 * Debian's Glewlwyd with its OpenID Connect plugin: JWTs signed with ES256, SQLite in WAL mode, and client passwords hashed as
 * it does by itself, PBKDF2 with 150,000 rounds of SHA-256.
 *
 * @returns nothing when it is not installed
 */
export async function startGlewlwyd(): Promise<Peer | undefined> {
  const { status, stdout } = spawnSync('glewlwyd', ['--version'], { encoding: 'utf8' });
  if (status !== 0) return undefined;
  return startPeer((home) => setUp(home, stdout.trim()));
}

async function setUp({ folder, serve }: PeerHome, version: string): Promise<PreparedPeer> {
  const url = `http://127.0.0.1:${await freePort()}`;
  createDatabase(join(folder, 'database'));
  const configuration = join(folder, 'configuration');
  writeFileSync(configuration, configure(url, join(folder, 'database')));
  await serve('glewlwyd', ['--config-file', configuration], `${url}/config`);
  const login = await postJson(`${url}/api/auth/`, { username: 'admin', password: 'password' });
  const cookie = login.headers.get('set-cookie')?.split(';')[0] ?? '';
  const administer = (path: string, body: object) => postJson(`${url}/api/${path}`, body, { cookie });
  await administer('scope/', { name: SCOPE, display_name: SCOPE, description: SCOPE, password_required: false, scheme: {} });
  await administer('mod/plugin/', { module: 'oidc', name: 'oidc', display_name: 'OpenID Connect', parameters: describePlugin(url) });
  const authorizations = await createClients(async (clientId, secret) => {
    await administer('client/', describeClient(clientId, secret));
  });
  return { product: `Glewlwyd ${version}`, hash: 'PBKDF2 150,000', tokenUrl: `${url}/api/oidc/token`, authorizations };
}

/** Glewlwyd has no setting for it, but WAL mode is a property of the file: readers and the writer of tokens do not wait for each other. */
function createDatabase(path: string): void {
  const database = new Sqlite(path);
  database.pragma('journal_mode = WAL');
  database.exec(readFileSync(SCHEMA, 'utf8'));
  database.close();
}

function configure(url: string, databasePath: string): string {
  return `
    port = ${new URL(url).port}
    bind_address = "127.0.0.1"
    external_url = "${url}/"
    login_url = "login.html"
    api_prefix = "api"
    log_mode = "console"
    log_level = "ERROR"
    cookie_secure = 0
    admin_scope = "g_admin"
    profile_scope = "g_profile"
    user_module_path = "${MODULES}/user"
    client_module_path = "${MODULES}/client"
    user_auth_scheme_module_path = "${MODULES}/scheme"
    plugin_module_path = "${MODULES}/plugin"
    hash_algorithm = "SHA512"
    database = { type = "sqlite3", path = "${databasePath}" };
  `;
}

/** Only what client_credentials needs is on. */
function describePlugin(url: string): object {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    iss: `${url}/api/oidc`,
    'jwt-type': 'ecdsa',
    'jwt-key-size': '256',
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    cert: publicKey.export({ type: 'spki', format: 'pem' }),
    'access-token-duration': 3600,
    'refresh-token-duration': 1_209_600,
    'code-duration': 600,
    'refresh-token-rolling': false,
    'allow-non-oidc': true,
    'auth-type-client-enabled': true,
    'auth-type-code-enabled': false,
    'auth-type-token-enabled': false,
    'auth-type-id-token-enabled': false,
    'auth-type-none-enabled': false,
    'auth-type-password-enabled': false,
    'auth-type-refresh-enabled': false,
  };
}

/** A password and not a `client_secret`, which Glewlwyd would keep as it is. */
function describeClient(clientId: string, password: string): object {
  return {
    client_id: clientId,
    name: 'Bench',
    password,
    confidential: true,
    enabled: true,
    scope: [SCOPE],
    authorization_type: ['client_credentials'],
    token_endpoint_auth_method: ['client_secret_basic'],
    redirect_uri: [],
  };
}
