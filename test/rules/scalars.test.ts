import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { codegen } from '@graphql-codegen/core';
import * as typescriptOperations from '@graphql-codegen/typescript-operations';
import { type GraphQLScalarType, isScalarType, isSpecifiedScalarType, parse } from 'graphql';
import { createSchema } from '../../src/server/graphql/operations.js';

const root = join(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

/** The configuration that docs/management gives to whoever generates types. */
const config = JSON.parse(/^```json\n(\{ "scalars".*)\n```$/m.exec(read('docs/management.md'))?.[1] as string);
const scalars = Object.values(createSchema().getTypeMap()).filter(
  (type): type is GraphQLScalarType => isScalarType(type) && !isSpecifiedScalarType(type),
);

const OPERATION = `query Everything {
  client(clientId: "x") { createdAt lastUsedAt jwks secrets { useCount } }
}`;

/** What a page does with the types: whatever is not as it says does not compile. */
const USE = `
type Client = NonNullable<EverythingQuery['client']>;
declare const client: Client;
export const at: string = client.createdAt;
export const never: string | null | undefined = client.lastUsedAt;
export const count: number = client.secrets[0]!.useCount;
export const keys: unknown = client.jwks?.keys;
// @ts-expect-error: neither any nor unknown
export const notANumber: number = client.createdAt;
// @ts-expect-error: neither any nor unknown
export const notAText: string = client.secrets[0]!.useCount;
// @ts-expect-error: neither any nor a text
export const notASet: string | null | undefined = client.jwks;
`;

it('have a type each in the configuration that docs/management gives', () => {
  expect(Object.keys(config.scalars).sort()).toEqual(scalars.map(({ name }) => name).sort());
});

it('say by which standard they are written', () => {
  for (const { specifiedByURL } of scalars) expect(URL.canParse(specifiedByURL as string)).toBe(true);
  expect(scalars.find(({ name }) => name === 'DateTime')?.specifiedByURL).toContain('rfc3339');
});

it('become types that a page can be written with', async () => {
  const code = await codegen({
    filename: 'types.ts',
    schema: parse(read('schema.graphql')),
    documents: [{ location: 'everything.graphql', document: parse(OPERATION) }],
    plugins: [{ operations: {} }],
    pluginMap: { operations: typescriptOperations },
    config,
  });
  const folder = mkdtempSync(join(root, 'dist/types-'));
  writeFileSync(join(folder, 'types.ts'), code + USE);
  const options = ['--noEmit', '--strict', '--ignoreConfig', '--target', 'ES2023', '--module', 'NodeNext', '--types', ''];
  const { status, stdout } = spawnSync(join(root, 'node_modules/.bin/tsc'), [...options, join(folder, 'types.ts')], { encoding: 'utf8' });
  rmSync(folder, { recursive: true });
  expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
});
