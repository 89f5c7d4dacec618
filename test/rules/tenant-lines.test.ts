import { setImmediate } from 'node:timers/promises';
import { type Line, TenantLines } from '../../src/changes/tenant-lines.service.js';

/** Lets many come to the lines of tenants, and says who is at work. */
function startWork() {
  const lines = new TenantLines();
  const atWork: string[] = [];
  const ends: (() => void)[] = [];
  const come = (tenantId: string, line: Line, { locks = true } = {}) =>
    lines.run({ tenantId, line, name: 'somebody', locks }, async () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      atWork.push(`${tenantId} ${line}`);
      ends.push(resolve);
      await promise;
      atWork.splice(atWork.indexOf(`${tenantId} ${line}`), 1);
    });
  const endAll = async () => {
    for (let round = 0; round < 1_000; round += 1) {
      for (const end of ends.splice(0)) end();
      await setImmediate();
    }
  };
  return { come, atWork, endAll };
}

it('one of a tenant takes its lock at a time, in whatever line it waits, and those of others beside it', async () => {
  const { come, atWork, endAll } = startWork();
  const all = ['one', 'other'].flatMap((tenantId) =>
    (['ordinary', 'urgent', 'tokens'] as const).flatMap((line) => [come(tenantId, line), come(tenantId, line), come(tenantId, line)]),
  );
  await setImmediate();
  expect(atWork).toEqual(['one ordinary', 'other ordinary']);
  await endAll();
  await Promise.all(all);
  expect(atWork).toEqual([]);
});

it('two at a time are noted of the tokens of a tenant', async () => {
  const { come, atWork, endAll } = startWork();
  const notes = Array.from({ length: 4 }, () => come('one', 'tokens', { locks: false }));
  await setImmediate();
  expect(atWork).toEqual(['one tokens', 'one tokens']);
  await endAll();
  await Promise.all(notes);
  expect(atWork).toEqual([]);
});
