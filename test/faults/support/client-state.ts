/** Kinds of writes that the ledger knows. */
export type Deed =
  | { kind: 'createClient'; name: string; lifetime: number }
  | { kind: 'updateClient'; lifetime: number }
  | { kind: 'rotateClientSecret'; overlapSeconds: number }
  /** The number of the secret, the oldest being 0. */
  | { kind: 'revokeClientSecret'; secret: number }
  | { kind: 'deleteClient' };

/** A secret of a client; its text is known to whoever saw the answer that made it. */
export interface SecretState {
  text?: string | undefined;
  ends: 'never' | 'later' | 'past';
}

/** What there is of a client id: the client, and what the record says. */
export interface ClientState {
  client: { name: string; lifetime: number; version: number; enabled: boolean; secrets: SecretState[] } | null;
  /** What was done to it, the first first. */
  actions: string[];
}

/** Nothing is there, nor was. */
export const NOTHING: ClientState = { client: null, actions: [] };

const ACTIONS: Record<Deed['kind'], string> = {
  createClient: 'CREATE_CLIENT',
  updateClient: 'UPDATE_CLIENT',
  rotateClientSecret: 'ROTATE_CLIENT_SECRET',
  revokeClientSecret: 'REVOKE_CLIENT_SECRET',
  deleteClient: 'DELETE_CLIENT',
};

/** What is there once a write is done whole. @param secret that its answer showed, when one came */
export function after({ client, actions }: ClientState, deed: Deed, secret?: string): ClientState {
  return { client: change(client, deed, secret), actions: [...actions, ACTIONS[deed.kind]] };
}

function change(client: ClientState['client'], deed: Deed, text?: string): ClientState['client'] {
  if (deed.kind === 'createClient')
    return { name: deed.name, lifetime: deed.lifetime, version: 1, enabled: true, secrets: [{ text, ends: 'never' }] };
  if (deed.kind === 'deleteClient' || !client) return null;
  const changed = { ...client, version: client.version + 1 };
  if (deed.kind === 'updateClient') return { ...changed, lifetime: deed.lifetime };
  return {
    ...changed,
    secrets: deed.kind === 'revokeClientSecret' ? revoke(client.secrets, deed.secret) : rotate(client.secrets, deed, text),
  };
}

function rotate(secrets: SecretState[], { overlapSeconds }: { overlapSeconds: number }, text?: string): SecretState[] {
  const end = (secret: SecretState): SecretState =>
    secret.ends === 'past' ? secret : { ...secret, ends: overlapSeconds === 0 ? 'past' : 'later' };
  return [...secrets.map(end), { text, ends: 'never' }];
}

/** When all that remain would end by themselves, the newest stays. */
function revoke(secrets: SecretState[], number: number): SecretState[] {
  const left = secrets.map((secret, index): SecretState => (index === number ? { ...secret, ends: 'past' } : secret));
  const live = left.filter(({ ends }) => ends !== 'past');
  if (live.some(({ ends }) => ends === 'never')) return left;
  return left.map((secret): SecretState => (secret === live.at(-1) ? { ...secret, ends: 'never' } : secret));
}
