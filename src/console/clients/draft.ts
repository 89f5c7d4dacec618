import type { ClientSettingsFragment, UpdateClientInput } from '../api/generated';
import type { Settings } from '../ui/draft';
import { lifetimeInWords } from '../words/duration';
import { parseJwks } from './jwks-text';

/** What can be changed of a client, as the form has it. */
export interface Draft {
  accessTokenLifetime: number | string;
  scopes: string[];
  audiences: string[];
  enabled: boolean;
  jwks: string;
}

const listed = (values: string[]) => values.join(', ') || 'none';

/** What is told of each when two people changed the same client. */
export const SETTINGS: Settings<Draft> = {
  accessTokenLifetime: ['Access token lifetime', (seconds) => lifetimeInWords(Number(seconds))],
  scopes: ['Scopes', listed],
  audiences: ['Audiences', listed],
  enabled: ['Enabled', (isEnabled) => (isEnabled ? 'yes' : 'no')],
  jwks: ['Public keys (JWKS)', (text) => text.trim()],
};

/** A client as the form has it. */
export function toDraft({ accessTokenLifetime, scopes, audiences, enabled, jwks }: ClientSettingsFragment): Draft {
  return { accessTokenLifetime, scopes: [...scopes], audiences: [...audiences], enabled, jwks: jwks ? JSON.stringify(jwks, null, 2) : '' };
}

/** Changes in the form of the API. */
export function toInput({ jwks, accessTokenLifetime, ...rest }: Partial<Draft>): UpdateClientInput {
  return {
    ...rest,
    ...(accessTokenLifetime !== undefined && { accessTokenLifetime: Number(accessTokenLifetime) }),
    ...(jwks !== undefined && { jwks: parseJwks(jwks).jwks }),
  };
}
