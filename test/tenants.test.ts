import { createTenant, getToken, startApp, type TestApp } from './support/app.js';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.stop());

it('makes a tenant whose administrator gets tokens at its own host', async () => {
  const acme = await createTenant(app, 'acme');
  expect(JSON.parse(atob((await getToken(acme, acme.admin)).split('.')[1] as string)).iss).toBe(acme.url);
  expect((await acme.administer('{ viewer { clientId scopes tenant { name isHome } } }')).body.data.viewer).toEqual({
    clientId: 'admin',
    scopes: ['clients:read', 'clients:write', 'audit:read', 'keys:write'],
    tenant: { name: 'acme', isHome: false },
  });
});
