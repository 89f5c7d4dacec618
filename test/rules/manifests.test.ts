import { globSync } from 'node:fs';
import { join } from 'node:path';
import { getNamedType, isInputObjectType, isObjectType } from 'graphql';
import { getMetadataArgsStorage } from 'typeorm';
import { createDataSource } from '../../src/installation/data-source.js';
import { BELONGINGS, COUNTERS, INPUTS, ROOMS } from '../../src/installation/rooms.js';
import type { Class, Room } from '../../src/platform/room.js';
import { createSchema } from '../../src/server/graphql/operations.js';

it('everything that has a tenant is removed with it, by itself or with its client', () => {
  const { options } = createDataSource({ type: 'sqlite', path: 'unused' });
  const entities = options.entities as (new () => object)[];
  const { columns, relations } = getMetadataArgsStorage();
  const owned = entities.filter((entity) => columns.some(({ target, propertyName }) => target === entity && propertyName === 'tenantId'));
  const cascading = relations.filter(({ options: { onDelete } }) => onDelete === 'CASCADE').map(({ target }) => target);
  expect(owned.length).toBeGreaterThan(BELONGINGS.length - 1);
  expect(owned.filter((entity) => !BELONGINGS.some((belonging) => belonging.entity === entity) && !cascading.includes(entity))).toEqual([]);
});

it('every room that has a manifest is among the rooms', async () => {
  const src = join(import.meta.dirname, '../../src');
  const paths = globSync('**/room.ts', { cwd: src, exclude: (name) => name === 'platform' });
  const manifests = await Promise.all(paths.map(async (path) => Object.values(await import(join(src, path)))));
  expect(paths.length).toBeGreaterThan(5);
  expect(new Set(manifests.flat())).toEqual(new Set(ROOMS));
});

it('whatever a room counts, and keeps encrypted, stands in its manifest', async () => {
  const src = join(import.meta.dirname, '../../src');
  const counters = await Promise.all(
    globSync('**/counters.ts', { cwd: src }).map(async (path) => Object.values(await import(join(src, path)))),
  );
  expect(counters).not.toEqual([]);
  expect(new Set(COUNTERS)).toEqual(new Set(counters.flat()));
  const { columns } = getMetadataArgsStorage();
  const rooms: readonly Room<never>[] = ROOMS;
  const keep = rooms.filter(({ entities = [] }) =>
    columns.some(({ target, propertyName }) => entities.includes(target as Class) && propertyName.startsWith('encrypted')),
  );
  expect(keep.length).toBeGreaterThan(2);
  expect(keep.filter(({ encrypted }) => !encrypted)).toEqual([]);
});

it('every input of a mutation has its rules', () => {
  const mutations = Object.values(createSchema().getMutationType()?.getFields() ?? {});
  const inputs = mutations.flatMap(({ args }) => args.map(({ type }) => getNamedType(type)).filter(isInputObjectType));
  expect(new Set(inputs.map(({ name }) => name))).toEqual(new Set(INPUTS.map(({ name }) => name)));
});

it('every long text of a table that an answer may have says how long it is', () => {
  const schema = createSchema();
  const { options } = createDataSource({ type: 'sqlite', path: 'unused' });
  const entities = options.entities as (new () => object)[];
  const long = getMetadataArgsStorage().columns.filter(
    ({ options: { length, type } }) => Number(length) > 256 || /text/.test(String(type)),
  );
  const shown = long.flatMap(({ target, propertyName }) => {
    const { name } = entities.find((entity) => entity === target) ?? { name: '' };
    const type = schema.getType(name);
    const field = isObjectType(type) ? type.getFields()[propertyName] : undefined;
    return field && getNamedType(field.type).name === 'String' ? [[`${name}.${propertyName}`, field.extensions.longest]] : [];
  });
  expect(shown).not.toEqual([]);
  expect(shown.filter(([, longest]) => longest === undefined)).toEqual([]);
});
