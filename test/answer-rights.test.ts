import { type GraphQLObjectType, getNamedType, isObjectType, type OperationDefinitionNode, parse, print } from 'graphql';
import { createSchema } from '../src/server/graphql/operations.js';
import type { Answer } from '../testbed/answer.js';
import { createClient, getToken, graphql, startApp, type TestApp } from '../testbed/app.js';
import { MUTATIONS, type RunnableMutation } from '../testbed/mutations.js';

const SCOPES = ['clients:read', 'clients:write', 'tenants:read', 'tenants:write', 'audit:read', 'keys:write'];

/** Read by whoever may make the change: a payload holds what it was made for, keys are read by the right to change them. */
const OPEN = /Payload$|^SigningKey$/;

/** A field of the answer to a mutation: the way to it, the right that reading it needs, and whether it only names the thing. */
interface AnswerField {
  mutation: string;
  selection: string;
  right: string;
  isName: boolean;
}

const fields: AnswerField[] = [];
const unguarded: string[] = [];
for (const { name, type } of Object.values(createSchema().getMutationType()?.getFields() ?? {})) {
  const root = getNamedType(type);
  if (isObjectType(root)) collect(name, root, (selection) => selection);
}

/** Goes down to the first type that has a right of its own: all that is below it is behind its fields. */
function collect(mutation: string, parent: GraphQLObjectType, wrap: (selection: string) => string): void {
  const right = parent.extensions.readRight as string | undefined;
  if (!right && !OPEN.test(parent.name)) unguarded.push(parent.name);
  for (const field of Object.values(parent.getFields())) {
    const named = getNamedType(field.type);
    const leaf = isObjectType(named) ? `${field.name} { __typename }` : field.name;
    if (right) fields.push({ mutation, selection: wrap(leaf), right, isName: field.extensions.isName === true });
    else if (isObjectType(named)) collect(mutation, named, (selection) => wrap(`${field.name} { ${selection} }`));
  }
}

let app: TestApp;
let count = 0;
beforeAll(async () => {
  app = await startApp({ FAILURE_LIMIT: '0' });
});
afterAll(() => app.stop());

const dump = async () => (await app.database.dump()).replace(/"(last_used_at|use_count)":[^,}]*/g, '');

/** Runs a mutation as somebody who lacks one right, with this selection in its answer. */
async function ask({ mutation, selection, right }: AnswerField): Promise<{ answer: Answer; isUntouched: boolean }> {
  count += 1;
  const { query, variables }: RunnableMutation = await (MUTATIONS[mutation] as (typeof MUTATIONS)[string])(app, String(count));
  const caller = await createClient(app, { clientId: `blind-${count}`, scopes: SCOPES.filter((scope) => scope !== right) });
  const token = await getToken(app, caller);
  const before = await dump();
  const answer = await graphql(app, { token, query: replaceSelection(query, selection), variables });
  return { answer, isUntouched: (await dump()) === before };
}

function replaceSelection(query: string, selection: string): string {
  const document = parse(query);
  const [operation] = document.definitions as [OperationDefinitionNode];
  const [field] = operation.selectionSet.selections;
  const [wanted] = parse(`{ ${selection} }`).definitions as [OperationDefinitionNode];
  const selections = [{ ...field, selectionSet: wanted.selectionSet }] as OperationDefinitionNode['selectionSet']['selections'];
  return print({ ...document, definitions: [{ ...operation, selectionSet: { ...operation.selectionSet, selections } }] });
}

it('every type in the answer to a mutation has a right, or is made for whoever may make the change', () => {
  expect(unguarded).toEqual([]);
  expect(fields.length).toBeGreaterThan(60);
});

const named = (of: AnswerField[]) => of.map((field): [string, string, AnswerField] => [field.mutation, field.selection, field]);

it.each(named(fields.filter(({ isName }) => !isName)))(
  '%s is refused, and not done, for whoever may not read { %s }',
  async (_mutation, _selection, field) => {
    const { answer, isUntouched } = await ask(field);
    expect([answer.status, answer.body.errors[0].extensions.code, isUntouched]).toEqual([403, 'FORBIDDEN', true]);
    expect(answer.body.errors[0].message).toContain(field.right);
  },
);

it.each(named(fields.filter(({ isName }) => isName)))(
  '%s answers to whoever may make it with { %s }',
  async (mutation, _selection, field) => {
    const { answer } = await ask(field);
    // To give people or clients a right is another matter.
    const isOfChange = ['setIdentityProvider', 'createCertificateAuthority'].includes(mutation);
    expect(answer.body.errors?.[0].message).toEqual(isOfChange ? expect.stringContaining('do not hold') : undefined);
  },
);

it("the name of a type, which client libraries add everywhere, is nobody's to refuse", async () => {
  const token = await getToken(app, await createClient(app, { clientId: 'library', scopes: ['clients:write'] }));
  const query =
    'mutation { __typename createClient(input: { name: "A", clientId: "by-library" }) { __typename clientSecret client { __typename clientId } } }';
  expect((await graphql(app, { token, query })).body.data).toMatchObject({
    __typename: 'Mutation',
    createClient: { __typename: 'CreateClientPayload', client: { __typename: 'Client', clientId: 'by-library' } },
  });
});

describe('by whatever way it is asked for', () => {
  it.each([
    [
      'a fragment',
      'mutation { createClient(input: INPUT) { ...a } } fragment a on CreateClientPayload { client { ...b } } fragment b on Client { scopes }',
    ],
    [
      'an inline fragment',
      'mutation { createClient(input: INPUT) { ... on CreateClientPayload { client { ... on Client { scopes } } } } }',
    ],
    ['an alias', 'mutation { createClient(input: INPUT) { id: clientSecret client { id: name } } }'],
    ['the second field', 'mutation { a: createClient(input: INPUT) { clientSecret } b: createClient(input: INPUT) { client { name } } }'],
  ])('%s', async (_way, query) => {
    count += 1;
    const token = await getToken(app, await createClient(app, { clientId: `writer-${count}`, scopes: ['clients:write'] }));
    const { body } = await graphql(app, { token, query: query.replaceAll('INPUT', `{ name: "X", clientId: "never-${count}" }`) });
    expect(body.errors[0].extensions.code).toBe('FORBIDDEN');
    expect(await app.database.query('SELECT id FROM clients WHERE client_id = ?', [`never-${count}`])).toEqual([]);
  });
});

it('a refusal for want of a right is in the log, and counted by the right', async () => {
  const token = await getToken(app, await createClient(app, { clientId: 'curious', scopes: ['clients:read'] }));
  const { headers } = await graphql(app, { token, query: '{ auditEvents { nodes { id } } }' });
  const write = await graphql(app, { token, query: 'mutation { deleteClient(clientId: "admin") { clientId } }' });
  const told = (requestId: string | null) =>
    app.logLines.map((text) => JSON.parse(text)).filter((line) => line.requestId === requestId && line.rights);
  const who = { tenant: `localhost:${app.port}`, actorType: 'CLIENT', actorId: 'curious', msg: 'somebody was refused for want of a right' };
  expect(told(headers.get('x-request-id'))).toMatchObject([{ ...who, field: 'auditEvents', rights: ['audit:read'] }]);
  expect(told(write.headers.get('x-request-id'))).toMatchObject([{ ...who, field: 'deleteClient', rights: ['clients:write'] }]);
  const counted = await app.metrics.registry.getSingleMetricAsString('latchkey_rights_refused_total');
  expect(counted).toMatch(/right="audit:read"\} 1/);
  expect(counted).toMatch(/right="clients:write"\} 1/);
});

it.each([
  ['a number', 'usage(hours: 0) { from }', {}],
  ['a variable', 'usage(hours: $hours) { from }', { hours: 721 }],
])('%s that a field of the answer does not take is refused before a secret is made', async (_, selection, variables) => {
  count += 1;
  await createClient(app, { clientId: `argued-${count}` });
  const before = await dump();
  const asked = `mutation ($hours: Int! = 24) { rotateClientSecret(clientId: "argued-${count}", overlapSeconds: 0) { clientSecret client { ...F } } }
    fragment F on Client { ${selection} first: usage(hours: $hours) { from } }`;
  const { status, body } = await app.administer(asked, variables);
  expect([status, body.errors[0].extensions.code]).toEqual([400, 'BAD_USER_INPUT']);
  expect(await dump()).toBe(before);
});
