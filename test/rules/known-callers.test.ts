import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import Koa, { type Context } from 'koa';
import { KnownCallers } from '../../src/server/graphql/known-callers.js';
import { ActorType, type Principal, served, type TenantContext } from '../../src/tenants/caller.js';

const app = new Koa();

interface Sent {
  tenant?: string;
  ip?: string;
  authorization?: string;
  cookie?: string;
}

/** A request as it is when its tenant has been found. */
function received({ tenant = 'acme', ip = '192.0.2.1', authorization, cookie }: Sent): Context {
  const request = new IncomingMessage(new Socket());
  Object.assign(request.headers, { ...(authorization !== undefined && { authorization }), ...(cookie !== undefined && { cookie }) });
  const ctx = app.createContext(request, new ServerResponse(request)) as Context;
  ctx.request.ip = ip;
  served.add(ctx, { tenant: contextOf(tenant), origin: '' });
  return ctx;
}

const contextOf = (name: string) => ({ tenant: { id: name }, issuer: `http://${name}.localhost:4000` }) as TenantContext;
const principalOf = (tenant: string, id: string) =>
  ({ ...contextOf(tenant), actor: { type: ActorType.CLIENT, id, name: null } }) as unknown as Principal;

it('waits among those of its tenant who was found, and by network whoever was not', () => {
  const callers = new KnownCallers();
  const known = { authorization: 'Bearer known' };
  callers.note(received(known), principalOf('acme', 'job'));
  expect(callers.memberOf(received({ ...known, ip: '203.0.113.9' }))).toMatchObject({ rank: 'known', crowd: 'known acme' });
  const [one, other] = ['2001:db8:0:1::1', '2001:db8:0:2::1'].map((ip) => callers.memberOf(received({ authorization: 'Bearer new', ip })));
  expect([one?.rank, one?.crowd === other?.crowd, one?.name === other?.name]).toEqual(['newcomer', true, false]);
  expect(callers.memberOf(received({ ...known, tenant: 'other' })).rank).toBe('newcomer');
  expect(callers.memberOf(received({})).rank).toBe('stranger');
  callers.note(received(known), undefined);
  expect(callers.memberOf(received(known)).rank).toBe('newcomer');
});

it('is known by what it goes by, whatever else it sends, and is pushed out by its own tenant alone', () => {
  const callers = new KnownCallers();
  const known = { authorization: 'Bearer known', tenant: 'acme' };
  callers.note(received(known), principalOf('acme', 'job'));
  for (let number = 0; number < 2_000; number += 1) {
    const cookie = `latchkey-session-4000=${number}`;
    callers.note(received({ tenant: 'hostile', authorization: `Bearer ${number}` }), principalOf('hostile', 'x'));
    callers.note(received({ ...known, cookie }), principalOf('acme', 'job'));
  }
  expect(callers.memberOf(received(known)).rank).toBe('known');
  expect(callers.memberOf(received({ tenant: 'hostile', authorization: 'Bearer 0' })).rank).toBe('newcomer');
  expect(callers.memberOf(received({ tenant: 'hostile', authorization: 'Bearer 1999' })).rank).toBe('known');
});
