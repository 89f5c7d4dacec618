import { createTestDatabase } from '../../testbed/database.js';
import { freePort } from '../../testbed/free-port.js';
import { startProcess } from '../../testbed/process.js';
import { compare } from './support/comparison.js';
import { Ledger } from './support/ledger.js';
import { startLoad } from './support/load.js';
import { ADMIN, measured, rounds } from './support/subject.js';

it('servers that start at once on an empty database: each becomes ready, and there is one of everything', async () => {
  const times = rounds(4, 1);
  const startedMs: number[] = [];
  for (let time = 0; time < times; time += 1) {
    const database = await createTestDatabase();
    const issuer = `http://localhost:${await freePort()}`;
    const settings = { ISSUER: issuer, ADMIN_CLIENT_SECRET: ADMIN.secret, FAILURE_LIMIT: '0' };
    const began = performance.now();
    const servers = await Promise.all(Array.from({ length: 2 + (time % 2) }, () => startProcess(database, settings)));
    await Promise.all(servers.map((server) => server.ready()));
    startedMs.push(Math.round(performance.now() - began));
    const count = async (table: string) => Number((await database.query(`SELECT COUNT(*) AS n FROM ${table}`))[0]?.n);
    expect([await count('tenants'), await count('clients'), await count('signing_keys')]).toEqual([1, 1, 2]);
    const ledger = new Ledger({ issuer, urls: servers.map(({ url }) => url), admin: ADMIN });
    const load = await startLoad(ledger, { writers: 3, takers: 3, clients: 6 });
    await load.done;
    await load.stop();
    expect(ledger.tally('writes')).toMatchObject({ early: {} });
    expect(await compare(ledger)).toEqual([]);
    await Promise.all(servers.map((server) => server.stop('SIGKILL')));
    await database.remove();
  }
  measured('servers started at once on an empty database', { times, startedMs });
});
