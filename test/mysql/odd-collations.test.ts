import { randomBytes } from 'node:crypto';
import { getToken, graphql, requestToken } from '../../testbed/app.js';
import { createTestDatabase, type TestDatabase } from '../../testbed/database.js';
import { startProcess, type TestProcess, until } from '../../testbed/process.js';

/** What a database may be made with, and with it all that does not say otherwise. */
const COLLATIONS = ['latin1_german1_ci', 'utf16_general_ci', 'binary'];

let given: TestDatabase;
const running: TestProcess[] = [];
beforeAll(async () => {
  given = await createTestDatabase();
});
afterAll(async () => {
  await Promise.all(running.map((server) => server.stop('SIGKILL')));
  await given.remove();
});

it.each(COLLATIONS)('in a database whose collation is %s everything is found, searched and counted', async (collation) => {
  const name = `odd_${randomBytes(6).toString('hex')}`;
  await given.query(`CREATE DATABASE ${name} CHARACTER SET ${collation.split('_')[0]} COLLATE ${collation}`);
  try {
    const url = new URL(given.url);
    url.pathname = name;
    const server = await startProcess({ url: url.href, folder: given.folder }, { LOG_LEVEL: 'warn' });
    running.push(server);
    await server.ready();
    const token = await getToken(server, { clientId: 'admin', secret: server.printedSecret() as string });
    const ask = async (query: string) => (await graphql(server, { token, query })).body;
    const client = async (clientId: string) => {
      const { data } = await ask(
        `mutation { createClient(input: { name: "Ümläut İ ${clientId}", clientId: "${clientId}" }) { clientSecret } }`,
      );
      return { clientId, secret: data.createClient.clientSecret };
    };
    // Those that differ in their letters' size alone are two.
    const [small, large] = [await client('odd'), await client('ODD')];
    for (const credentials of [small, small, large]) expect((await requestToken(server, credentials)).status).toBe(200);
    const list = '{ clients(search: "umlaut") { nodes { clientId secrets { useCount lastUsedAt } } } }';
    // What was used is written down some seconds later.
    await until(async () => /"useCount":[1-9].*"useCount":[1-9]/.test(JSON.stringify(await ask(list))));
    const { data } = await ask(list);
    const counts = data.clients.nodes.map(({ clientId, secrets }: { clientId: string; secrets: { useCount: number }[] }) => [
      clientId,
      secrets[0]?.useCount,
    ]);
    expect(Object.fromEntries(counts)).toEqual({ odd: 2, ODD: 1 });
    await server.stop();
    expect(server.output()).not.toMatch(/"level":"error"/);
  } finally {
    await given.query(`DROP DATABASE ${name}`);
  }
});
