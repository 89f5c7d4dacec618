/** The parts of simple-oauth2 that are tested with: it publishes no types. */
declare module 'simple-oauth2' {
  export class ClientCredentials {
    constructor(config: {
      client: { id: string; secret: string };
      auth: { tokenHost: string; tokenPath: string; revokePath: string };
      options?: { authorizationMethod: 'header' | 'body' };
    });
    getToken(parameters: { scope?: string | string[]; resource?: string }): Promise<AccessToken>;
  }

  export interface AccessToken {
    token: { access_token: string; token_type: string; scope: string; expires_at: Date };
    expired(windowSeconds?: number): boolean;
    revoke(kind: 'access_token'): Promise<unknown>;
  }
}
