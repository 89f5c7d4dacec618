import { randomBytes, randomUUID } from 'node:crypto';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { administered, type Credentials, getToken, graphql, type TestTenant } from '../app.js';
import { cookieName, postSession } from '../session.js';

const EVERYTHING = ['clients:read', 'clients:write', 'tenants:read', 'tenants:write', 'audit:read', 'keys:write'];
const ORDERS = 'https://orders.example';
const PUT_CLIENT = 'mutation ($input: CreateClientInput!) { createClient(input: $input) { clientSecret client { secrets { id } } } }';
/** Client ids that inputs name. */
const SACRIFICES = Array.from({ length: 10 }, (_, index) => `made-${index}`);
const WIDEN =
  'mutation ($host: String!) { updateTenant(host: $host, input: { minAccessTokenLifetime: 1, maxAccessTokenLifetime: 31536000 }) { id } }';
const DELETE_CLIENT = 'mutation ($clientId: String!) { deleteClient(clientId: $clientId) { clientId } }';

/**
 * Those in whose name a storm speaks. It may delete, disable and lock out each of them: a keeper whose client id
 * nobody can guess makes them anew.
 */
export class Actors {
  /** What is filled in for each name. */
  readonly values: Record<string, string> = {};
  /** Every secret that was ever handed to one of them. */
  readonly secrets = new Set<string>();
  #keeper!: TestTenant;
  #keys!: Awaited<ReturnType<typeof generateKeyPair>>;

  private constructor(readonly url: string) {}

  /** Makes all of them. @param admin the administrator that the server began with */
  static async assemble(url: string, admin: Credentials): Promise<Actors> {
    const actors = new Actors(url);
    const keeper = `keeper-${randomBytes(12).toString('hex')}`;
    actors.secrets.add(admin.secret);
    actors.#keys = await generateKeyPair('ES256', { extractable: true });
    actors.#keeper = administered(url, admin);
    const secret = await actors.#make({ clientId: keeper, scopes: EVERYTHING });
    actors.#keeper = administered(url, { clientId: keeper, secret });
    await actors.renew();
    await actors.#expire();
    return actors;
  }

  /** Does something as the keeper. */
  administer(query: string, variables?: object) {
    return this.#keeper.administer(query, variables);
  }

  /** Makes those anew that have lost something, with new tokens for all. */
  async renew(): Promise<void> {
    const { host } = new URL(this.url);
    Object.assign(this.values, { home: this.url, homeHost: host, otherHost: `other.${host}` });
    Object.assign(this.values, { sessionCookie: cookieName(this, 'session'), signInCookie: cookieName(this, 'sign-in') });
    await this.administer(WIDEN, { host });
    await this.#renewClient('admin', { scopes: EVERYTHING });
    await this.#renewClient('reader', { scopes: ['clients:read', 'orders:read'], audiences: [`${this.url}/graphql`, ORDERS] });
    await this.#renewClient('signing', { authMethod: 'CLIENT_SECRET_JWT', scopes: ['orders:read'], audiences: [ORDERS] });
    await this.#renewClient('keyed', { authMethod: 'PRIVATE_KEY_JWT', jwks: { keys: [await exportJWK(this.#keys.publicKey)] } });
    await this.#renewSacrifices();
    await this.#renewOther();
    this.values.apiToken = await this.#token('reader', { resource: ORDERS });
    this.values.session = (await postSession(this, this.#credentials('admin'))).cookie.split('=')[1] ?? '';
    this.values.ticket = this.values.session;
    await this.#renewNames();
  }

  /** A text with what it names filled in: `@@adminToken@@`, `@@base64:…@@`. Proofs are made for each. */
  async fill(text: string): Promise<(text: string) => string> {
    const made: Record<string, string> = { ...this.values };
    if (text.includes('@@proof@@')) made.proof = await this.#prove();
    if (text.includes('@@assertion@@')) made.assertion = await this.#assert();
    return (template) =>
      template
        .replace(/@@(\w+)@@/g, (whole, name) => made[name] ?? whole)
        .replace(/@@(base64|base64url):(.*?)@@/gs, (_whole, encoding, content) => Buffer.from(content).toString(encoding));
  }

  #credentials(clientId: string): Credentials {
    return { clientId, secret: this.values[`${clientId}Secret`] ?? '' };
  }

  async #token(clientId: string, parameters: Record<string, string> = {}): Promise<string> {
    return getToken(this, this.#credentials(clientId), parameters).catch(() => '');
  }

  /** Whoever still works keeps what they have. */
  async #renewClient(clientId: string, input: { authMethod?: string; [field: string]: unknown }): Promise<void> {
    const isWell = async () => {
      if (input.authMethod) return (await this.administer(`{ client(clientId: "${clientId}") { enabled } }`)).body.data?.client?.enabled;
      this.values[`${clientId}Token`] = await this.#token(clientId, { resource: `${this.url}/graphql` });
      const token = this.values[`${clientId}Token`];
      const { body } = await graphql(this, { token, query: '{ viewer { scopes } }' });
      return input.scopes && body?.data?.viewer.scopes.length === (clientId === 'admin' ? EVERYTHING.length : 1);
    };
    if (this.values[`${clientId}Secret`] !== undefined && (await isWell())) return;
    await this.administer(DELETE_CLIENT, { clientId });
    this.values[`${clientId}Secret`] = await this.#make({ clientId, ...input });
    await isWell();
  }

  async #make(input: { clientId: string; [field: string]: unknown }): Promise<string> {
    const { body, text } = await this.administer(PUT_CLIENT, { input: { name: input.clientId, ...input } });
    if (!body?.data) throw new Error(`an actor could not be made: ${text}`);
    const secret: string | null = body.data.createClient.clientSecret;
    if (secret) this.secrets.add(secret);
    return secret ?? '';
  }

  /** Some that are there to be changed and deleted. */
  async #renewSacrifices(): Promise<void> {
    const { body } = await this.administer('{ clients(search: "made-", first: 100) { nodes { clientId } } }');
    const there = body.data.clients.nodes.map(({ clientId }: { clientId: string }) => clientId);
    for (const clientId of SACRIFICES.filter((one) => !there.includes(one))) await this.#make({ clientId, scopes: ['orders:read'] });
  }

  async #renewOther(): Promise<void> {
    const host = this.values.otherHost as string;
    const found = (await this.administer(`{ tenant(host: "${host}") { enabled } }`)).body.data.tenant;
    if (found && !found.enabled) await this.administer(`mutation { updateTenant(host: "${host}", input: { enabled: true }) { id } }`);
    if (!found) {
      const { body } = await this.administer(`mutation { createTenant(input: { name: "Other", host: "${host}" }) { clientSecret } }`);
      this.values.otherSecret = body.data.createTenant.clientSecret;
      this.secrets.add(this.values.otherSecret as string);
    }
    const other = { url: `http://${host}` };
    this.values.otherToken = await getToken(other, { clientId: 'admin', secret: this.values.otherSecret as string }).catch(() => '');
  }

  async #renewNames(): Promise<void> {
    const { body } = await this.administer('{ signingKeys { kid state } client(clientId: "reader") { secrets { id } } }');
    const named = (state: string) => body.data.signingKeys.find((key: { state: string }) => key.state === state)?.kid ?? '';
    Object.assign(this.values, { kid: named('ACTIVE'), nextKid: named('NEXT'), secretId: body.data.client?.secrets[0]?.id ?? '' });
  }

  /** A token that is worth nothing by the time it is sent. */
  async #expire(): Promise<void> {
    const secret = await this.#make({ clientId: 'hasty', accessTokenLifetime: 1, scopes: ['clients:read'] });
    this.values.expiredToken = await getToken(this, { clientId: 'hasty', secret });
  }

  #prove(): Promise<string> {
    const claims = { jti: randomUUID(), htm: 'POST', htu: `${this.url}/connect/token` };
    return exportJWK(this.#keys.publicKey).then((jwk) =>
      new SignJWT(claims).setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk }).setIssuedAt().sign(this.#keys.privateKey),
    );
  }

  #assert(): Promise<string> {
    const claims = new SignJWT({ iss: 'keyed', sub: 'keyed', aud: this.url, jti: randomUUID() });
    return claims.setProtectedHeader({ alg: 'ES256' }).setExpirationTime('1 minute').sign(this.#keys.privateKey);
  }
}
