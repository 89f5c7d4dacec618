import { LRUCache } from 'lru-cache';
import * as oidc from 'openid-client';
import type { UsedProofService } from '../authentication/used-proof.service.js';
import type { Changes } from '../changes/changes.service.js';
import type { Cipher } from '../platform/cipher.js';
import { causesOf } from '../platform/errors.js';
import { withoutHidden } from '../platform/hidden-characters.js';
import { type Outbound, Unreachable } from '../platform/http/outbound.js';
import type { RequestMark } from '../platform/http/request.js';
import { ActorType, type Caller, type TenantContext } from '../tenants/caller.js';
import { isManagementScope } from '../tenants/scopes.js';
import { SignInFailed } from './errors.js';
import { IdentityProvider } from './identity-provider.entity.js';
import type { IdentityProviderService } from './identity-provider.service.js';
import { requireShortEndpoint, withBoundedKeys, withShortMetadata } from './provider-bounds.js';
import { type NewSession, SESSION_TOKEN_CHARACTERS, type SessionService } from './session.service.js';

/** Path to which providers send people back, the same on every tenant's host. */
export const CALLBACK_PATH = '/session/callback';

/** For how long somebody may take to sign in at the provider. */
const TICKET_SECONDS = 600;
/** Stands where proofs have their maker. No client id has a blank. */
const TICKET = ' sign-in';
const TIMEOUT_SECONDS = 5;
const MOST_DISCOVERED = 1_000;
const DISCOVERED_MS = 10_000;
const FAILED_MS = 3_000;
const MOST_EXCHANGED = 10_000;
const LONGEST_SUBJECT = 255;
const SUBJECT_FORM = new RegExp(`^[\\P{Cc}]{1,${LONGEST_SUBJECT}}$`, 'u');

/** What signing in at a provider takes. */
export interface SignInServices {
  changes: Changes;
  cipher: Cipher;
  providers: IdentityProviderService;
  sessions: SessionService;
  proofs: UsedProofService;
  outbound: Outbound;
}

/** What has to come back of a sign-in as it was sent; the browser keeps it, encrypted. */
interface Ticket {
  state: string;
  nonce: string;
  verifier: string;
  /** Of the provider's settings. */
  version: string;
  /** Milliseconds since 1970. */
  at: number;
  /** What the cookie of the session held that the browser had. It does not send it on its way back from elsewhere. */
  former?: string | undefined;
}

/** What a provider says of itself. */
interface Discovery {
  /** Of the provider's settings. */
  version: string;
  configuration: Promise<oidc.Configuration>;
}

/** A session that begins, and what the cookie held of the one before it. */
export interface SignedIn {
  session: NewSession;
  former: string | undefined;
}

/**
 * Signing in as a person: the code flow with PKCE at the tenant's provider, ending in a session.
 * @see https://openid.net/specs/openid-connect-core-1_0.html#CodeFlowAuth
 */
export class SignIn {
  /** By tenant. */
  readonly #discovered = new LRUCache<string, Discovery>({ max: MOST_DISCOVERED, ttl: DISCOVERED_MS, ttlAutopurge: true });

  /** The states with which somebody came back to this process. */
  readonly #exchanged = new LRUCache<string, true>({ max: MOST_EXCHANGED, ttl: TICKET_SECONDS * 1000 });

  constructor(private readonly parts: SignInServices) {}

  /**
   * Begins a sign-in.
   * @param former what the cookie of a session holds that the new one takes the place of
   * @returns where to send the browser, and what it is to keep until it is back
   * @throws {SignInFailed}
   */
  async begin(context: TenantContext, former?: string): Promise<{ url: string; ticket: string }> {
    const provider = await this.#requireProvider(context);
    const ticket: Ticket = {
      state: oidc.randomState(),
      nonce: oidc.randomNonce(),
      verifier: oidc.randomPKCECodeVerifier(),
      version: provider.version,
      at: Date.now(),
      // A page at another port of the host may have set anything, and all of it comes back in a cookie.
      former: former?.length === SESSION_TOKEN_CHARACTERS ? former : undefined,
    };
    const parameters = {
      redirect_uri: context.issuer + CALLBACK_PATH,
      scope: provider.scope,
      state: ticket.state,
      nonce: ticket.nonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(ticket.verifier),
      code_challenge_method: 'S256',
    };
    const url = await this.#discoverOnce(provider)
      .then((config) => oidc.buildAuthorizationUrl(config, parameters).href)
      .catch(toFailure);
    if (!this.parts.outbound.permits(url)) throw new SignInFailed('unusable');
    return { url, ticket: this.parts.cipher.encrypt(JSON.stringify(ticket), contextOf(context)) };
  }

  /**
   * Ends a sign-in.
   * @param search what the provider added to the callback's URL, with the question mark
   * @param sealed what the browser kept
   * @throws {SignInFailed | TooOften | TenantLimit}
   */
  async complete(
    context: TenantContext,
    { search, sealed, request }: { search: string; sealed: string; request: RequestMark },
  ): Promise<SignedIn> {
    const ticket = this.#open(context, sealed);
    // Of another tab, perhaps, that set out before: its provider is not asked, and what this one keeps is still good.
    if (new URLSearchParams(search).get('state') !== ticket.state) throw new SignInFailed('stale');
    const provider = await this.#requireProvider(context);
    if (provider.version !== ticket.version) throw new SignInFailed('stale');
    // A browser comes back once: whoever sends the same again does not make the provider be asked again.
    if (this.#exchanged.has(ticket.state)) throw new SignInFailed('stale');
    this.#exchanged.set(ticket.state, true);
    const claims = await this.#exchange(provider, new URL(context.issuer + CALLBACK_PATH + search), ticket).catch(toFailure);
    const scopes = scopesOf(provider, claims);
    if (scopes.length === 0) throw new SignInFailed('powerless');
    const caller: Caller = { ...context, actor: { type: ActorType.PERSON, id: claims.sub, name: displayNameOf(claims) }, request };
    const once = { maker: TICKET, by: caller.actor, jti: ticket.state, expiresAt: new Date(ticket.at + TICKET_SECONDS * 1000) };
    if (!(await this.parts.proofs.use(context, once))) throw new SignInFailed('stale');
    this.parts.sessions.count(caller);
    const session = await this.parts.changes.admit(caller, async (change) => {
      const { tenantId, version } = provider;
      if (!(await change.manager.existsBy(IdentityProvider, { tenantId, version }))) throw new SignInFailed('stale');
      return this.parts.sessions.beginForPerson(change, scopes);
    });
    return { session, former: ticket.former };
  }

  async #requireProvider(context: TenantContext): Promise<IdentityProvider> {
    const provider = await this.parts.providers.find(context);
    if (!provider) throw new SignInFailed('none');
    return provider;
  }

  #open(context: TenantContext, sealed: string): Ticket {
    try {
      const ticket = JSON.parse(this.parts.cipher.decrypt(sealed, contextOf(context))) as Ticket;
      const age = Date.now() - ticket.at;
      if (age >= 0 && age < TICKET_SECONDS * 1000) return ticket;
    } catch (cause) {
      throw new SignInFailed('stale', { cause });
    }
    throw new SignInFailed('stale');
  }

  /** Anybody may set out to sign in: however many do, the provider is asked by one at a time, and not again for some seconds. */
  async #discoverOnce(provider: IdentityProvider): Promise<oidc.Configuration> {
    const { tenantId, version } = provider;
    const known = this.#discovered.get(tenantId);
    if (known?.version === version) return known.configuration;
    const discovery = { version, configuration: this.#discover(provider) };
    this.#discovered.set(tenantId, discovery);
    return discovery.configuration.catch((error) => {
      // A failure is remembered as well, for less long: who sees to it tries again.
      if (this.#discovered.peek(tenantId) === discovery) this.#discovered.set(tenantId, discovery, { ttl: FAILED_MS });
      throw error;
    });
  }

  /** Asked anew for whoever comes back: so no change of the provider's keys goes unnoticed. */
  async #discover(provider: IdentityProvider): Promise<oidc.Configuration> {
    const { issuer, clientId } = provider;
    const execute = [oidc.enableNonRepudiationChecks, ...(issuer.startsWith('http:') ? [oidc.allowInsecureRequests] : [])];
    const fetch = this.parts.outbound.fetch as oidc.CustomFetch;
    const options = {
      [oidc.customFetch]: withShortMetadata(fetch),
      timeout: TIMEOUT_SECONDS,
      execute,
    };
    const authenticate = authenticateWith(this.parts.providers.secretOf(provider));
    const configuration = await oidc.discovery(new URL(issuer), clientId, undefined, authenticate, options);
    configuration[oidc.customFetch] = withBoundedKeys(fetch);
    requireShortEndpoint(configuration.serverMetadata());
    return configuration;
  }

  async #exchange(provider: IdentityProvider, url: URL, { state, nonce, verifier }: Ticket): Promise<oidc.IDToken> {
    const checks = { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier, idTokenExpected: true };
    const tokens = await oidc.authorizationCodeGrant(await this.#discover(provider), url, checks);
    const claims = tokens.claims() as oidc.IDToken;
    // @see https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation
    if (claims.azp !== undefined && claims.azp !== provider.clientId) throw new Error('the ID token was issued to another party');
    if (!claims.sub.isWellFormed() || !SUBJECT_FORM.test(claims.sub)) throw new Error('the subject is empty, too long, or not printable');
    return claims;
  }
}

/** In the header, as every provider takes it, unless this one says that it takes the form alone. */
function authenticateWith(secret: string): oidc.ClientAuth {
  return (server, client, body, headers) => {
    const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
    const authenticate = methods.includes('client_secret_basic') ? oidc.ClientSecretBasic(secret) : oidc.ClientSecretPost(secret);
    authenticate(server, client, body, headers);
  };
}

function scopesOf({ claim, grants }: IdentityProvider, claims: oidc.IDToken): string[] {
  const told = [claims[claim]].flat().filter((value) => ['string', 'number', 'boolean'].includes(typeof value));
  const values = new Set(told.map(String));
  const scopes = grants.filter(({ value }) => values.has(value)).flatMap((grant) => grant.scopes);
  return [...new Set(scopes)].filter(isManagementScope);
}

function displayNameOf({ name, preferred_username, email }: oidc.IDToken): string | null {
  const [found] = [name, preferred_username, email].filter((text) => typeof text === 'string' && text !== '');
  // A provider may send more than a name.
  return withoutHidden(((found as string | undefined) ?? '').slice(0, 2 * LONGEST_SUBJECT)).slice(0, LONGEST_SUBJECT) || null;
}

function contextOf({ tenant }: TenantContext): string {
  return `sign-in at ${tenant.id}`;
}

/** The reason goes to the log; who signs in learns what to do about it. */
function toFailure(cause: unknown): never {
  const chain = causesOf(cause);
  if (chain.some((error) => error instanceof Unreachable)) throw new SignInFailed('unreachable', { cause });
  if (chain.some((error) => error instanceof oidc.AuthorizationResponseError)) throw new SignInFailed('refused', { cause });
  throw new SignInFailed('unusable', { cause });
}
