const FORM = 'Paste a JWKS: {"keys": [ … ]}, public keys alone.';

/** Reads a JWKS that somebody pasted; what its keys are worth is the server's to say. */
export function parseJwks(text: string): { jwks: Record<string, unknown> | null; fault: string | null } {
  try {
    const value: unknown = JSON.parse(text);
    const isSet = typeof value === 'object' && value !== null && 'keys' in value && Array.isArray(value.keys);
    return isSet ? { jwks: value as Record<string, unknown>, fault: null } : { jwks: null, fault: FORM };
  } catch {
    return { jwks: null, fault: FORM };
  }
}
