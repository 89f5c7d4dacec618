import type { Subject } from './subject.ts';

const tokens = new WeakMap<Subject, Promise<string>>();

/** Sends a GraphQL operation as the administrator and returns its data. */
export async function administer(subject: Subject, query: string, variables: object = {}): Promise<Record<string, unknown>> {
  const token = tokens.get(subject) ?? tokenOf(subject, 'admin', subject.secret);
  tokens.set(subject, token);
  const response = await fetch(`${subject.url}/graphql`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = (await response.json()) as { data?: Record<string, unknown>; errors?: object[] };
  if (errors || !data) throw new Error(`${response.status} ${JSON.stringify(errors)}`);
  return data;
}

/** Creates a client that the load is made with. @returns its secret */
export async function createBenchClient(subject: Subject, clientId: string): Promise<string> {
  const { createClient } = await administer(
    subject,
    'mutation ($input: CreateClientInput!) { createClient(input: $input) { clientSecret } }',
    { input: { name: 'Bench', clientId, scopes: ['orders:read'] } },
  );
  return (createClient as { clientSecret: string }).clientSecret;
}

/** An access token of a client. */
export async function tokenOf(subject: Subject, clientId: string, secret: string): Promise<string> {
  const response = await fetch(`${subject.url}/connect/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${clientId}:${secret}`)}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  });
  return ((await response.json()) as { access_token: string }).access_token;
}

/** The middle of some numbers. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? (sorted[middle] as number) : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}
