import { request } from 'node:http';
import { readAnswer } from '../../../testbed/answer.js';
import { answers, until } from '../../../testbed/process.js';
import { Ledger } from '../support/ledger.js';
import { itWithCluster, useCluster } from './trouble.js';

const cluster = useCluster();

const LIES = {
  'x-forwarded-for': '203.0.113.9',
  'x-forwarded-host': 'evil.example',
  'x-forwarded-proto': 'https',
  forwarded: 'for=203.0.113.9;host=evil.example;proto=https',
};

itWithCluster('no caller can say from where, over what, or to whom it came', async () => {
  const { url, admin } = cluster();
  const metadata = await readAnswer(fetch(`${url}/.well-known/openid-configuration`, { headers: LIES }));
  expect([metadata.status, metadata.body.issuer, new URL(metadata.body.token_endpoint).origin]).toEqual([200, url, url]);
  const ledger = new Ledger({ issuer: url, admin });
  const caller = ledger.caller();
  const { token } = await ledger.takeToken(caller, admin);
  caller.close();
  const ask = (query: string, lies: object = {}) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...lies };
    return readAnswer(fetch(`${url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query }) }));
  };
  const made = await ask('mutation { createClient(input: { name: "Edge", clientId: "edge" }) { clientSecret } }', LIES);
  expect(made.body.errors).toBeUndefined();
  const { body } = await ask('{ auditEvents(first: 1) { nodes { objectId address } } }');
  expect(body.data.auditEvents.nodes).toEqual([{ objectId: 'edge', address: '127.0.0.1' }]);
});

itWithCluster('a host that is no tenant is nobody, whatever the headers say', async () => {
  const { hostname, port } = new URL(cluster().url);
  const status = await new Promise((resolve, reject) => {
    const headers = { host: 'evil.example', 'x-forwarded-host': new URL(cluster().url).host };
    request({ hostname, port, path: '/connect/token', method: 'POST', headers }, (response) => resolve(response.resume().statusCode))
      .on('error', reject)
      .end();
  });
  expect(status).toBe(421);
});

itWithCluster('when no server is left, whoever asks is told when to ask again, and the first that is back serves', async () => {
  const { url, admin } = cluster();
  await Promise.all(cluster().servers.map((server) => server.stop('SIGKILL')));
  await until(() => answers(`${url}/connect/token`, 503));
  const ledger = new Ledger({ issuer: url, admin });
  const caller = ledger.caller();
  expect(await ledger.takeToken(caller, admin)).toMatchObject({ status: 503, code: 'temporarily_unavailable', retryAfter: '5' });
  await cluster().startServer(1);
  await until(async () => (await ledger.takeToken(caller, admin)).status === 200);
  caller.close();
});
