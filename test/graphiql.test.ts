import { createClient, getToken, requestToken } from '../testbed/app.js';
import { accountOf, itInChromium, setUpConsole, signOut } from '../testbed/console.js';
import { until } from '../testbed/process.js';

type EditorFile = 'operation.graphql' | 'request-headers.json' | 'response.json';
declare const __MONACO: { editor: { getModels(): { uri: { path: string }; getValue(): string; setValue(text: string): void }[] } };

const web = setUpConsole();

async function editors(): Promise<void> {
  await web.page.locator('.graphiql-query-editor .monaco-editor').first().waitFor();
}

/** The text in one of the editors; only the visible lines are in the page itself. */
function textIn(editor: EditorFile): Promise<string> {
  return web.page.evaluate(
    (suffix) =>
      __MONACO.editor
        .getModels()
        .find(({ uri }) => uri.path.endsWith(suffix))
        ?.getValue() ?? '',
    editor,
  );
}

function write(editor: EditorFile, text: string): Promise<void> {
  return web.page.evaluate(
    ([suffix = '', content = '']) =>
      __MONACO.editor
        .getModels()
        .find(({ uri }) => uri.path.endsWith(suffix))
        ?.setValue(content),
    [editor, text],
  );
}

async function openTab(tab: string): Promise<void> {
  await editors();
  await web.page.locator('button.graphiql-tab-button', { hasText: new RegExp(`^${tab}$`) }).click();
  await until(async () => (await textIn('operation.graphql')).includes(` ${tab}`));
}

/** Runs the operation of the open tab. @returns its answer, once it is shown */
async function execute(): Promise<{ data: Record<string, unknown>; errors?: { message: string }[] }> {
  const before = await textIn('response.json');
  await web.page.getByRole('button', { name: /Execute query/ }).click();
  await until(async () => (await textIn('response.json')) !== before && (await textIn('response.json')).trim().endsWith('}'));
  return JSON.parse(await textIn('response.json'));
}

/** Runs the operation of a tab. @returns its answer, once it is shown */
async function run(tab: string) {
  await openTab(tab);
  return execute();
}

async function openDocumentation(): Promise<void> {
  await web.page.getByRole('button', { name: /Documentation Explorer/ }).click();
  await web.page
    .getByRole('link', { name: 'Mutation', exact: true })
    .or(web.page.getByText('Mutation', { exact: true }))
    .first()
    .waitFor();
}

itInChromium('signs in, runs createClient, and shows a secret that works', async () => {
  await web.signIn();
  await web.page.getByRole('link', { name: 'API explorer' }).click();
  const { data } = await run('createClient');
  const { clientSecret, client } = data.createClient as { clientSecret: string; client: { clientId: string } };
  expect((await requestToken(web.app, { clientId: client.clientId, secret: clientSecret })).status).toBe(200);
  expect(await web.page.locator('.graphiql-response').textContent()).toContain('clientSecret');
  const stored = await web.page.evaluate<string>(
    'JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, location.href])',
  );
  for (const secret of [clientSecret, web.app.admin.secret, 'lk_', 'eyJ']) expect(stored).not.toContain(secret);
  expect([...web.origins]).toEqual([web.app.url]);
  expect(web.complaints).toEqual([]);
});

itInChromium('has an example of every operation that runs', async () => {
  await web.signIn();
  await web.open('/graphql');
  for (const tab of ['viewer', 'clients', 'client', 'updateClient']) expect((await run(tab)).data).toHaveProperty(tab);
  expect((await run('deleteClient')).data).toHaveProperty('deleteClient.clientId', 'sales-board');
  expect(web.complaints).toEqual([]);
});

itInChromium('asks for a session, and goes on where somebody was once they have one', async () => {
  await web.open('/graphql');
  expect((await run('viewer')).errors?.[0]?.message).toContain('access token');
  await web.page.getByText('You are not signed in. Operations need a session').waitFor();
  await web.page.getByRole('button', { name: 'Sign in' }).click();
  await web.enter();
  await accountOf(web.page).waitFor();
  expect(new URL(web.page.url()).pathname).toBe('/graphql');
  expect((await run('viewer')).data).toHaveProperty('viewer.clientId', 'admin');
  await signOut(web.page);
  await web.page.getByText('You are not signed in. Operations need a session').waitFor();
  expect((await run('viewer')).errors).toHaveLength(1);
  expect(web.complaints).toEqual([]);
});

itInChromium('lets a token from the headers go before the session', async () => {
  const reader = await createClient(web.app, { clientId: 'reader', scopes: ['clients:read'] });
  const token = await getToken(web.app, reader, { resource: `${web.app.url}/graphql` });
  await web.signIn();
  await web.open('/graphql');
  await openTab('viewer');
  await web.page.getByRole('button', { name: 'Headers', exact: true }).click();
  await write('request-headers.json', JSON.stringify({ Authorization: `Bearer ${token}` }));
  expect((await execute()).data).toHaveProperty('viewer.clientId', 'reader');
  await accountOf(web.page).waitFor();
  expect(web.complaints).toEqual([]);
});

itInChromium('shows the schema to somebody who is not signed in', async () => {
  await web.open('/graphql');
  await openDocumentation();
  expect([...web.origins]).toEqual([web.app.url]);
  expect(web.complaints).toEqual([]);
});
