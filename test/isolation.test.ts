import { decodeProtectedHeader } from 'jose';
import { systemCaller, type TenantContext } from '../src/tenants/caller.js';
import { readAnswer } from '../testbed/answer.js';
import { claimsOf, createClient, getToken, graphql, introspect, postForm, requestToken } from '../testbed/app.js';
import { cookie, credentialsFor, send, signWithKey } from '../testbed/credentials.js';
import { BOOKKEEPING, TABLES } from '../testbed/database.js';
import { type Probe, PUBLIC_ROUTES, probes } from '../testbed/endpoints.js';
import {
  cursorsOf,
  ended,
  expectNoDifference,
  managesTenants,
  NAMES,
  type Name,
  type Neighbours,
  nameForeign,
  namings,
  numbersOf,
  othersThan,
  ownName,
  startNeighbours,
  tracesOf,
  visible,
  whileOthersRest,
} from '../testbed/neighbours.js';
import { listOperations, type Operation, unknownInputs } from '../testbed/operations.js';
import { forgeToken, readRows, type SharedKeys, startSignIn, type World } from '../testbed/worlds.js';

const OPERATIONS = listOperations().map((operation): [string, Operation] => [operation.name, operation]);
const QUERIES = OPERATIONS.filter(([, { isMutation }]) => !isMutation);
const PROBES = probes({} as SharedKeys).map(({ route, what }, index): [string, string, number] => [route, what, index]);
const VIEWER = '{ viewer { clientId } }';

let neighbours: Neighbours;
let worlds: World[];
beforeAll(async () => {
  neighbours = await startNeighbours();
  worlds = Object.values(neighbours.worlds);
});
afterAll(() => neighbours.stop());

const worldOf = (name: Name) => neighbours.worlds[name];
const probeOf = (index: number) => probes(neighbours.keys)[index] as Probe;
const codeOf = (body: { errors?: { extensions: { code: string } }[] }) => body.errors?.[0]?.extensions.code;
const isRefused = (at: World, operation: Operation) => managesTenants(operation) && at.name !== 'home';

describe('nothing is left out:', () => {
  it('of every argument in the schema it is known what it names', () => {
    expect(unknownInputs()).toEqual([]);
  });

  it('every route is tried, or publishes', () => {
    expect([...new Set([...PROBES.map(([route]) => route), ...PUBLIC_ROUTES])].sort()).toEqual([...new Set(neighbours.app.routes)].sort());
  });

  it('every table is looked at, and has rows of each tenant', async () => {
    const tables = await neighbours.app.database.tables();
    expect(tables.filter((name) => !BOOKKEEPING.includes(String(name))).sort()).toEqual(TABLES.toSorted());
    const rows = await readRows(neighbours.app);
    for (const { id } of worlds) {
      const found = (rows.get(id) as { table: string }[]).map(({ table }) => table);
      expect([...new Set(found)].sort()).toEqual(TABLES.toSorted());
    }
  });
});

describe.each(NAMES)('at %s, what names a thing of another tenant', (name) => {
  const naming = OPERATIONS.filter(([, operation]) => namings(operation, name).length > 0);
  it.each(naming)('names nothing: %s', async (_name, operation) => {
    const at = worldOf(name);
    await whileOthersRest(neighbours, at, async () => {
      for (const foreign of namings(operation, name)) {
        for (const index of numbersOf(at, foreign))
          await expectNoDifference(neighbours, at, (of) => nameForeign(neighbours, { at, of, operation, foreign, index }));
      }
    });
    // It would have been found by whoever has it.
    if (operation.isMutation || isRefused(at, operation)) return;
    for (const foreign of operation.identifiers.filter(({ kind }) => kind !== 'cursor')) {
      const asked = { at, operation, foreign: [foreign], index: 0 };
      const [own, madeUp] = [
        await nameForeign(neighbours, { ...asked, of: at }),
        await nameForeign(neighbours, { ...asked, of: neighbours.nobody }),
      ];
      expect(visible(own.answer, own.sent)).not.toEqual(visible(madeUp.answer, madeUp.sent));
    }
  });

  it.each(QUERIES)('stays unseen, and what is behind its cursors: %s', async (_name, operation) => {
    const at = worldOf(name);
    for (const of of othersThan(neighbours, at)) {
      const traces = await tracesOf(neighbours, of, at);
      expect(traces.length).toBeGreaterThan(40);
      for (const cursor of [undefined, ...(await cursorsOf(of, operation))]) {
        const variables = operation.fill((identifier) => (identifier.kind === 'cursor' ? cursor : ownName(neighbours, at, identifier)));
        for (const part of operation.parts) {
          const { body, text } = await at.administer(part, variables);
          expect(codeOf(body)).toBe(isRefused(at, operation) ? 'FORBIDDEN' : undefined);
          expect(traces.filter((trace) => text.includes(trace))).toEqual([]);
        }
      }
    }
  });
});

describe.each(NAMES)('at %s, a credential of another tenant', (name) => {
  it.each(OPERATIONS)('opens nothing: %s', async (_name, operation) => {
    const at = worldOf(name);
    const variables = operation.fill((identifier) => ownName(neighbours, at, identifier));
    const body = JSON.stringify({ query: operation.query, variables });
    await whileOthersRest(neighbours, at, async () => {
      for (const [, make] of credentialsFor(neighbours.keys)) {
        await expectNoDifference(neighbours, at, async (of) => {
          const headers = { 'content-type': 'application/json', ...(await make(at, of)) };
          const answer = await send(at, of, { path: '/graphql', headers, body });
          expect(answer.status).toBe(401);
          return { answer };
        });
      }
    });
  });

  it.each(PROBES)('opens nothing: %s, with %s', async (_route, _what, index) => {
    const at = worldOf(name);
    await whileOthersRest(neighbours, at, () =>
      expectNoDifference(neighbours, at, async (of) => ({ answer: await probeOf(index).send(at, of) })),
    );
  });

  it('opens nothing when it was issued for this one', async () => {
    const at = worldOf(name);
    for (const of of [neighbours.nobody, ...othersThan(neighbours, at)]) {
      const clientId = `for-${name}`;
      const audience = `${at.url}/graphql`;
      const token = await getToken(of, await createClient(of, { clientId, audiences: [audience] }));
      expect(claimsOf(token).aud).toBe(audience);
      expect((await graphql(at, { token, query: VIEWER })).status).toBe(401);
    }
  });

  it('is an assertion that counts once, where it was made for', async () => {
    const at = worldOf(name);
    for (const of of othersThan(neighbours, at)) {
      const form = await signWithKey(neighbours.keys, of.url);
      const use = async (world: World) =>
        (await postForm(world, '/connect/token', { body: { grant_type: 'client_credentials', ...form } })).status;
      expect([await use(of), await use(at), await use(of)]).toEqual([200, 401, 401]);
    }
  });
});

describe.each(NAMES)('what others do does not reach %s:', (name) => {
  it.each(PUBLIC_ROUTES)('%s publishes its own alone, whoever is named beside it', async (route) => {
    const at = worldOf(name);
    const [method = '', path = ''] = route.split(' ');
    for (const of of othersThan(neighbours, at)) {
      const headers = { origin: of.url, authorization: `Bearer ${of.tokens.admin}`, ...cookie(at, 'session', of.sessions.admin) };
      const { headers: shown, text } = visible(await send(at, of, { method, path, headers }));
      const traces = [...(await tracesOf(neighbours, of, at)), of.url];
      expect(traces.filter((trace) => [text, ...shown].some((part) => part.includes(trace)))).toEqual([]);
    }
  });

  it('its keys are published, and under its own name', async () => {
    const at = worldOf(name);
    const read = (path: string) => send(at, neighbours.nobody, { method: 'GET', path });
    const { keys } = (await read('/.well-known/jwks.json')).body;
    expect(keys.map(({ kid }: { kid: string }) => kid).sort()).toEqual(at.identifiers.key.toSorted());
    expect((await read('/.well-known/openid-configuration')).body.issuer).toBe(at.url);
    expect((await read('/session/start')).headers.get('location')).toContain(encodeURIComponent(`${at.url}/session/callback`));
  });

  it('an assertion counts, though another tenant has seen its jti', async () => {
    const at = worldOf(name);
    for (const of of [...othersThan(neighbours, at), at]) {
      const body = { grant_type: 'client_credentials', ...(await signWithKey(neighbours.keys, of.url, `seen by ${name}`)) };
      expect((await postForm(of, '/connect/token', { body })).status).toBe(200);
    }
  });

  it('a token is active, though another tenant has revoked one of its jti', async () => {
    const at = worldOf(name);
    for (const of of othersThan(neighbours, at)) {
      const token = await forgeToken(of, { ...claimsOf(of.tokens.twin), jti: claimsOf(at.tokens.twin).jti });
      expect((await postForm(of, '/connect/revocation', { credentials: of.twin, body: { token } })).status).toBe(200);
      expect((await introspect(at, at.twin, at.tokens.twin)).body.active).toBe(true);
    }
  });

  it('what stands behind another guard holds by itself', async () => {
    const at = worldOf(name);
    const { directory, status, sessions } = neighbours.app.installation;
    const context = (await directory.find(at.host)) as TenantContext;
    await whileOthersRest(neighbours, at, async () => {
      for (const { tokens, sessions: foreign } of othersThan(neighbours, at)) {
        const { jti, aud } = claimsOf(tokens.twin);
        const token = { clientId: 'twin', jti, kid: decodeProtectedHeader(tokens.twin).kid as string, audience: String(aud) };
        expect(await status.findScopes(context, token)).toBeUndefined();
        await sessions.end(systemCaller(context, 'test'), foreign.admin);
      }
    });
  });
});

// What follows uses up what the tenants have.
describe('at the end', () => {
  // On a slow machine the one that was begun first is too old by now.
  beforeAll(async () => {
    for (const name of NAMES) worldOf(name).signIn = await startSignIn(worldOf(name));
  });

  it.each(NAMES)('everything of %s still works', async (name) => {
    const at = worldOf(name);
    for (const credentials of [at.lone, at.twin, at.inspector, at.admin]) expect((await requestToken(at, credentials)).status).toBe(200);
    for (const token of Object.values(at.tokens)) expect((await introspect(at, at.inspector, token)).body.active).toBe(true);
    for (const session of Object.values(at.sessions)) {
      const { body } = await readAnswer(fetch(`${at.url}/session`, { headers: cookie(at, 'session', session) }));
      expect(body.session.scopes).toContain('clients:read');
    }
  });

  it.each(PROBES)("%s, with %s of one's own, does what it is for", async (_route, _what, index) => {
    const alder = worldOf('alder');
    const refused = { ...visible(await probeOf(index).send(alder, neighbours.nobody)), ended: await ended(neighbours, alder) };
    await whileOthersRest(neighbours, alder, async () => {
      const taken = visible(await probeOf(index).send(alder, alder));
      expect({ ...taken, ended: await ended(neighbours, alder) }).not.toEqual(refused);
    });
  });

  // Backwards, so that what changes comes before what revokes, and that before what removes.
  const mutations = OPERATIONS.filter(([, { isMutation }]) => isMutation).sort(([a], [b]) => (a < b ? 1 : -1));
  it.each(mutations)("%s changes what is one's own and nothing else", async (_name, operation) => {
    for (const at of worlds) {
      const traces = (await Promise.all(othersThan(neighbours, at).map((of) => tracesOf(neighbours, of, at)))).flat();
      await whileOthersRest(neighbours, at, async () => {
        const { body, text } = await at.administer(
          operation.query,
          operation.fill((identifier) => ownName(neighbours, at, identifier)),
        );
        expect(codeOf(body)).toBe(isRefused(at, operation) ? 'FORBIDDEN' : undefined);
        const sent = operation.identifiers.map((identifier) => ownName(neighbours, at, identifier));
        expect(traces.filter((trace) => !sent.includes(trace) && text.includes(trace))).toEqual([]);
      });
    }
  });
});
