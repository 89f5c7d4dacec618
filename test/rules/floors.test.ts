import { cruise, type ICruiseResult } from 'dependency-cruiser';
import config, { FLOORS, importDownOnly } from '../../.dependency-cruiser.js';

async function violations(rules: object[]): Promise<ICruiseResult['summary']['violations']> {
  const options = { ...(config.options as object), ruleSet: { forbidden: rules as never[] }, validate: true };
  const { output } = await cruise(['src', 'ormconfig.ts'], options);
  return (output as ICruiseResult).summary.violations;
}

it('lets imports go down the floors only, and keeps every other rule of the house', async () => {
  expect(await violations(config.forbidden)).toEqual([]);
});

it('would see imports that go up', async () => {
  const found = await violations(importDownOnly(FLOORS.toReversed()));
  expect(found.map(({ from, to }) => `${from} ${to}`)).toEqual(
    expect.arrayContaining(['src/app.ts src/access/authenticate.ts', 'src/clients/client.service.ts src/access/principal.ts']),
  );
});
