import { createServer, type Server } from 'node:http';
import { printSchema } from 'graphql';
import { ClientIndexService } from '../src/clients/search/client-index.service.js';
import { createSchema } from '../src/server/graphql/operations.js';
import type { Answer } from './answer.js';
import { createTenant, startApp, type TestApp } from './app.js';
import { makeAuthority } from './certificate-maker.js';
import type { Identifier, Operation } from './operations.js';
import { makeSharedKeys, provision, readRows, type SharedKeys, type World } from './worlds.js';

/** The tenants, whose names are in what names things of theirs. */
export const NAMES = ['home', 'alder', 'birch'] as const;
export type Name = (typeof NAMES)[number];

/** Three tenants of one installation. */
export interface Neighbours {
  app: TestApp;
  worlds: Record<Name, World>;
  /** Has the like of what the three have. As a tenant of another installation it exists nowhere among them. */
  nobody: World;
  keys: SharedKeys;
  /** The host of a fourth tenant, which is disabled, for the home tenant to manage. */
  managedHost: string;
  stop(): Promise<void>;
}

/** Starts both installations and puts one of everything into every tenant. */
export async function startNeighbours(): Promise<Neighbours> {
  const provider = await startProvider();
  const keys = await makeSharedKeys(provider.url);
  const app = await startApp({ FAILURE_LIMIT: '0' });
  const worlds = {
    home: await provision(app, app, { name: 'home', keys }),
    alder: await provision(app, await createTenant(app, 'alder'), { name: 'alder', keys }),
    birch: await provision(app, await createTenant(app, 'birch'), { name: 'birch', keys }),
  };
  const managedHost = new URL((await createTenant(app, 'cedar')).url).host;
  await app.administer('mutation ($host: String!) { updateTenant(host: $host, input: { enabled: false }) { id } }', { host: managedHost });
  await new ClientIndexService(app.installation.database, { clients: 2 }).fill();
  const elsewhere = await startApp();
  const nobody = await provision(elsewhere, await createTenant(elsewhere, 'nobody'), { name: 'nobody', keys });
  const stop = async () => {
    await Promise.all([app.stop(), elsewhere.stop()]);
    provider.server.close();
  };
  return { app, worlds, nobody, keys, managedHost, stop };
}

/** A provider through which people could sign in, as far as it describes itself. */
async function startProvider(): Promise<{ url: string; server: Server }> {
  const server = createServer(({ url = '' }, response) => {
    const issuer = `${origin()}${url.replace('/.well-known/openid-configuration', '')}`;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ issuer, authorization_endpoint: `${issuer}/authorize`, token_endpoint: `${issuer}/token` }));
  });
  const origin = () => `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: origin(), server };
}

/** What everybody may know. */
const SCHEMA = printSchema(createSchema());

/** All tenants but one. */
export function othersThan({ worlds }: Neighbours, at: World): World[] {
  return Object.values(worlds).filter((world) => world !== at);
}

/** What an answer shows. @param sent what may be repeated in it */
export function visible({ status, headers, text }: Answer, sent: readonly string[] = []) {
  const hide = (from: string) => sent.reduce((rest, value) => rest.replaceAll(value, '…'), from);
  const shown = [...headers].filter(([name]) => !['date', 'x-request-id', 'dpop-nonce'].includes(name));
  return { status, headers: shown.map(([name, value]) => `${name}: ${hide(value)}`), text: hide(text) };
}

/** Lets a tenant do something, and requires that nothing of the others changes. */
export async function whileOthersRest(neighbours: Neighbours, at: World, work: () => Promise<void>): Promise<void> {
  const before = await readRows(neighbours.app);
  await work();
  const after = await readRows(neighbours.app);
  for (const { name, id } of othersThan(neighbours, at)) {
    expect({ at: at.name, of: name, rows: after.get(id) }).toEqual({ at: at.name, of: name, rows: before.get(id) });
  }
}

/** Sends the same with what is nobody's and with what is each other tenant's, and requires that the answer is the same. */
export async function expectNoDifference(
  neighbours: Neighbours,
  at: World,
  ask: (of: World) => Promise<{ answer: Answer; sent?: string[] }>,
): Promise<void> {
  const look = async (of: World) => {
    const { answer, sent } = await ask(of);
    return visible(answer, sent);
  };
  const madeUp = await look(neighbours.nobody);
  for (const of of othersThan(neighbours, at)) {
    expect({ at: at.name, of: of.name, ...(await look(of)) }).toEqual({ at: at.name, of: of.name, ...madeUp });
  }
}

/** What shows that something of a tenant was begun or ended where no answer says so. */
export async function ended({ app }: Neighbours, { id }: World): Promise<unknown[]> {
  const rows = (await readRows(app)).get(id) as { table: string; revoked_at?: unknown }[];
  return rows.filter(({ table, revoked_at }) => ['revoked_tokens', 'sessions'].includes(table) || revoked_at);
}

/** What one tenant may never see of another: texts that are stored of that one alone, and its secrets. */
export async function tracesOf({ app }: Neighbours, of: World, at: World): Promise<string[]> {
  const rows = await readRows(app);
  const known = JSON.stringify(rows.get(at.id)) + SCHEMA;
  // Tenants are no secret to those who manage them.
  const isListed = (text: string) => at.name === 'home' && (text.includes(of.host) || [of.id, of.name].includes(text));
  // Whatever was sent there may be an address of one's own.
  const isOwn = (text: string) => text.startsWith(at.url);
  const stored = textsIn(rows.get(of.id)).filter((text) => text.length >= 5 && !/^\d{4}-\d\d-\d\d/.test(text));
  const traces = stored.filter((text) => !known.includes(JSON.stringify(text).slice(1, -1)) && !isListed(text) && !isOwn(text));
  return [...new Set(traces), ...[of.twin, of.lone, of.admin].map(({ secret }) => secret)];
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return /^[[{]/.test(value) ? textsIn(JSON.parse(value)) : [value];
  return typeof value === 'object' && value !== null && !(value instanceof Date) ? Object.values(value).flatMap(textsIn) : [];
}

/** Whether an operation is for the home tenant alone, which finds every tenant by it. */
export function managesTenants({ name }: Operation): boolean {
  return /tenant/i.test(name);
}

/**
 * Every way to name something of another tenant in an operation: by each identifier, and by all together. What else
 * it needs to name is the tenant's own.
 */
export function namings(operation: Operation, at: Name): Identifier[][] {
  const tried = operation.identifiers.filter(({ kind }) => !kind.startsWith('new') && kind !== 'cursor');
  if (tried.length === 0 || (at === 'home' && managesTenants(operation))) return [];
  return tried.length === 1 ? [tried] : [...tried.map((one) => [one]), tried];
}

/** For each thing of the kinds that are named its number. */
export function numbersOf({ identifiers }: World, foreign: readonly Identifier[]): number[] {
  const most = Math.max(...foreign.map(({ kind }) => identifiers[kind as keyof World['identifiers']].length));
  return Array.from({ length: most }, (_, index) => index);
}

/** What names a thing of a tenant. */
function nameOf(of: World, { kind }: Identifier, index: number): string {
  const values = of.identifiers[kind as keyof World['identifiers']];
  return values[index % values.length] as string;
}

/** What a tenant gives where it has to name something: the client that every other one has as well, or a thing of its own. */
export function ownName({ worlds, managedHost }: Neighbours, at: World, identifier: Identifier): string | undefined {
  const { kind, isRequired } = identifier;
  if (!isRequired) return undefined;
  if (kind === 'client') return 'twin';
  if (kind === 'newAuthority') return makeAuthority({ subject: `newcomer at ${at.name}` }).pem;
  if (kind === 'newIssuer') return `https://newcomer-at-${at.name}.example`;
  if (kind === 'newClient') return (at === worlds.alder ? worlds.birch : worlds.alder).lone.clientId;
  return kind === 'host' && at === worlds.home ? managedHost : nameOf(at, identifier, 0);
}

/** An operation that one tenant runs with identifiers of another. */
export interface ForeignNaming {
  at: World;
  of: World;
  operation: Operation;
  /** Those that name a thing of the other. */
  foreign: Identifier[];
  /** Which thing of its kind. */
  index: number;
}

/** Runs an operation with what names a thing of another tenant in some places, and a thing of one's own in the rest. */
export async function nameForeign(neighbours: Neighbours, { at, of, operation, foreign, index }: ForeignNaming) {
  const isForeign = ({ path }: Identifier) => foreign.some((identifier) => identifier.path === path);
  const variables = operation.fill((identifier) =>
    isForeign(identifier) ? nameOf(of, identifier, index) : ownName(neighbours, at, identifier),
  );
  return { answer: await at.administer(operation.query, variables), sent: foreign.map((identifier) => nameOf(of, identifier, index)) };
}

/** Cursors of a tenant's list; none when the operation lists nothing, or nothing to this tenant. */
export async function cursorsOf(of: World, { name, query, fill, identifiers }: Operation): Promise<string[]> {
  if (!identifiers.some(({ kind }) => kind === 'cursor')) return [];
  const { body } = await of.administer(query, { ...fill(() => undefined), first: 2 });
  return body.data?.[name].edges.map(({ cursor }: { cursor: string }) => cursor) ?? [];
}
