import { getToken, requestToken } from '../testbed/app.js';
import { itInChromium, setUpConsole } from '../testbed/console.js';
import type { Outcome, Question } from '../testbed/foreign-page/callers.js';
import { serveForeignPages } from '../testbed/foreign-page/pages.js';

type CallerName = 'apollo' | 'urql';
declare const callers: Record<CallerName, (question: Question) => Promise<Outcome>>;

/** What a page asks `fetch` for. */
type Init = Pick<RequestInit, 'credentials' | 'mode' | 'method'> & { headers?: Record<string, string>; body?: string };

const pages = await serveForeignPages();
const ALLOWED = `http://localhost:${pages.port}`;
const FOREIGN = `http://127.0.0.1:${pages.port}`;
const web = setUpConsole({ ALLOWED_ORIGINS: `https://app.example.com,${ALLOWED}` });

afterAll(() => pages.stop());

const create = (clientId: string) =>
  `mutation { createClient(input: { name: "Made by a page", clientId: "${clientId}" }) { clientSecret client { clientId } } }`;
const exists = async (clientId: string) =>
  (await web.app.administer(`{ client(clientId: "${clientId}") { id } }`)).body.data.client !== null;
const url = () => `${web.app.url}/graphql`;
const bearer = () => getToken(web.app, web.app.admin);

/** What a client in the page that is open learns. */
function ask(caller: CallerName, question: Omit<Question, 'url'>): Promise<Outcome> {
  return web.page.evaluate(([name, whole]) => callers[name](whole), [caller, { url: url(), ...question }] as const);
}

/** The status that the server gave to what came last to /graphql. */
function lastStatus(): number {
  const line = web.app.logLines.filter((text) => text.includes('"path":"/graphql"')).at(-1) as string;
  return JSON.parse(line).status;
}

describe.each<CallerName>(['apollo', 'urql'])('PROTOCOL 35: %s in a page of an allowed origin', (caller) => {
  itInChromium('creates a client, whose secret works, reads it, and deletes it', async () => {
    const [token, clientId] = [await bearer(), `page-${caller}`];
    await web.page.goto(ALLOWED);
    const created = await ask(caller, { token, document: create(clientId), isMutation: true });
    const { clientSecret } = (created.data as { createClient: { clientSecret: string } }).createClient;
    expect((await requestToken(web.app, { clientId, secret: clientSecret })).status).toBe(200);
    const read = await ask(caller, { token, document: `{ client(clientId: "${clientId}") { clientId } }` });
    expect(read.data).toMatchObject({ client: { clientId } });
    const deleted = await ask(caller, {
      token,
      document: `mutation { deleteClient(clientId: "${clientId}") { clientId } }`,
      isMutation: true,
    });
    expect(deleted.data).toMatchObject({ deleteClient: { clientId } });
    expect(await exists(clientId)).toBe(false);
  });

  itInChromium('learns the code of a refusal', async () => {
    await web.page.goto(ALLOWED);
    const document = '{ viewer { clientId } }';
    for (const token of ['expired', undefined]) {
      expect(await ask(caller, token === undefined ? { document } : { token, document })).toEqual({ codes: ['UNAUTHENTICATED'] });
    }
    const gone = await ask(caller, {
      token: await bearer(),
      document: 'mutation { deleteClient(clientId: "nobody") { clientId } }',
      isMutation: true,
    });
    expect(gone).toEqual({ codes: ['CLIENT_NOT_FOUND'] });
  });

  itInChromium('does nothing and reads nothing from another origin', async () => {
    const [token, clientId] = [await bearer(), `foreign-${caller}`];
    await web.page.goto(FOREIGN);
    expect(await ask(caller, { token, document: create(clientId), isMutation: true })).toEqual({ isUnreadable: true });
    expect(await ask(caller, { token, document: '{ viewer { clientId } }' })).toEqual({ isUnreadable: true });
    expect(await exists(clientId)).toBe(false);
  });
});

itInChromium('PROTOCOL 35: the session is of no use to a page of an allowed origin', async () => {
  await web.signIn();
  await web.page.getByRole('link', { name: 'API explorer' }).waitFor();
  await web.page.goto(ALLOWED);
  const query = `${url()}?query=${encodeURIComponent('{ viewer { clientId } }')}`;
  const body = JSON.stringify({ query: create('by-session') });
  const attempts: [string, Init][] = [
    [query, { credentials: 'include' }],
    [query, { credentials: 'include', mode: 'no-cors' }],
    [url(), { credentials: 'include', mode: 'no-cors', method: 'POST', headers: { 'content-type': 'text/plain' }, body }],
    [url(), { credentials: 'include', method: 'POST', headers: { 'content-type': 'application/json' }, body }],
  ];
  const statuses = [];
  for (const [address, init] of attempts) {
    const text = await web.page.evaluate(
      ([to, how]) =>
        fetch(to, how).then(
          (answer) => answer.text(),
          () => '',
        ),
      [address, init] as const,
    );
    expect(text).toBe('');
    statuses.push(lastStatus());
  }
  // Before the last the browser asks, learns that no cookie may come along, and sends nothing.
  expect(statuses).toEqual([403, 403, 415, 200]);
  expect(await exists('by-session')).toBe(false);
});

itInChromium('PROTOCOL 35: metadata and keys are read from any origin, whatever a page sends along', async () => {
  await web.page.goto(FOREIGN);
  for (const path of ['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server', '/.well-known/jwks.json']) {
    const status = await web.page.evaluate(async (address) => {
      const headers = { authorization: 'Bearer x', traceparent: '00-0-0-00', 'cache-control': 'no-cache' };
      return (await fetch(address, { headers })).status;
    }, web.app.url + path);
    expect(status).toBe(200);
  }
});
