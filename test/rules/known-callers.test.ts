import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
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

/** Whose credentials begin with `genuine` were made here. */
const callersWho = (checked: string[] = []) =>
  new KnownCallers(async (ctx) => {
    const { authorization = '' } = ctx.req.headers;
    checked.push(authorization);
    return authorization.startsWith('Bearer genuine') ? 'somebody' : undefined;
  });

it('waits among those of its tenant who was found or shows what was made here, and by network whoever may have made it up', async () => {
  const callers = callersWho();
  const known = { authorization: 'Bearer known' };
  callers.note(received(known), principalOf('acme', 'job'));
  expect(await callers.memberOf(received({ ...known, ip: '203.0.113.9' }))).toMatchObject({ rank: 'known', crowd: 'known acme' });
  const genuine = await callers.memberOf(received({ authorization: 'Bearer genuine 1' }));
  expect(genuine).toEqual({ rank: 'known', crowd: 'known acme', name: 'somebody' });
  const ips = ['2001:db8:0:1::1', '2001:db8:0:2::1'];
  const [one, other] = await Promise.all(ips.map((ip) => callers.memberOf(received({ authorization: 'Bearer new', ip }))));
  expect([one?.rank, one?.crowd === other?.crowd, one?.name === other?.name]).toEqual(['stranger', true, false]);
  expect((await callers.memberOf(received({ ...known, tenant: 'other' }))).rank).toBe('stranger');
  expect((await callers.memberOf(received({}))).rank).toBe('stranger');
  callers.note(received(known), undefined);
  expect((await callers.memberOf(received(known))).rank).toBe('stranger');
});

it('is known by what it goes by, whatever else it sends, and is pushed out by its own tenant alone', async () => {
  const checked: string[] = [];
  const callers = callersWho(checked);
  const known = { authorization: 'Bearer known', tenant: 'acme' };
  callers.note(received(known), principalOf('acme', 'job'));
  for (let number = 0; number < 2_000; number += 1) {
    const cookie = `latchkey-session-4000=${number}`;
    callers.note(received({ tenant: 'hostile', authorization: `Bearer ${number}` }), principalOf('hostile', 'x'));
    callers.note(received({ ...known, cookie }), principalOf('acme', 'job'));
  }
  expect((await callers.memberOf(received(known))).rank).toBe('known');
  expect((await callers.memberOf(received({ tenant: 'hostile', authorization: 'Bearer 1999' }))).rank).toBe('known');
  expect(checked).toEqual([]);
  expect((await callers.memberOf(received({ tenant: 'hostile', authorization: 'Bearer 0' }))).rank).toBe('stranger');
});

it('is known by its cookie behind a gateway that everybody shows the same to', async () => {
  const callers = callersWho();
  const sent = { authorization: 'Basic Z2F0ZTp3YXk=', cookie: 'latchkey-session-4000=one' };
  callers.note(received(sent), principalOf('acme', 'one'));
  expect((await callers.memberOf(received(sent))).rank).toBe('known');
  expect((await callers.memberOf(received({ ...sent, cookie: 'latchkey-session-4000=other' }))).rank).toBe('stranger');
});

it('checks few at a time, by turns of networks', async () => {
  const begun: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const callers = new KnownCallers(async (ctx) => {
    begun.push(ctx.ip);
    await promise;
    return undefined;
  });
  const crowd = Array.from({ length: 50 }, (_, number) => ({ ip: '192.0.2.1', authorization: `Bearer ${number}` }));
  const all = [...crowd, { ip: '203.0.113.9', authorization: 'Bearer own' }].map((sent) => callers.memberOf(received(sent)));
  await setImmediate();
  expect(begun).toHaveLength(4);
  resolve();
  await Promise.all(all);
  expect(begun.indexOf('203.0.113.9')).toBeLessThan(6);
});
