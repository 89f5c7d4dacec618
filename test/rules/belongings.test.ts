import { getMetadataArgsStorage } from 'typeorm';
import { createDataSource } from '../../src/installation/data-source.js';
import { BELONGINGS } from '../../src/installation/tenancy.js';

it('everything that has a tenant is removed with it, by itself or with its client', () => {
  const { options } = createDataSource({ type: 'sqlite', path: 'unused' });
  const entities = options.entities as (new () => object)[];
  const { columns, relations } = getMetadataArgsStorage();
  const owned = entities.filter((entity) => columns.some(({ target, propertyName }) => target === entity && propertyName === 'tenantId'));
  const cascading = relations.filter(({ options: { onDelete } }) => onDelete === 'CASCADE').map(({ target }) => target);
  expect(owned.length).toBeGreaterThan(BELONGINGS.length - 1);
  expect(owned.filter((entity) => !BELONGINGS.includes(entity as never) && !cascading.includes(entity))).toEqual([]);
});
