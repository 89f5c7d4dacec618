import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import Koa, { type Context } from 'koa';
import { StaticFiles } from '../../src/platform/http/static-files.js';

const PIECE = 64 * 1024;
const large = Buffer.alloc(100 * PIECE + 7, 'large ');
const small = Buffer.alloc(PIECE, 'small ');

let folder: string;
let server: Server;
let url: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'static-'));
  writeFileSync(join(folder, 'large.js'), large);
  writeFileSync(join(folder, 'small.js'), small);
  const files = new StaticFiles(folder);
  const app = new Koa();
  app.use(async (ctx) => {
    await files.answer(ctx, ctx.path.slice(1));
  });
  server = createServer(app.callback());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  await new Promise((resolve) => server.close(resolve).closeAllConnections());
  rmSync(folder, { recursive: true });
});

it.each([
  ['large.js', large],
  ['small.js', small],
])('%s comes whole, with its length', async (name, content) => {
  const answer = await fetch(`${url}/${name}`);
  expect([answer.headers.get('content-length'), answer.headers.get('content-type')]).toEqual([
    String(content.length),
    'text/javascript; charset=utf-8',
  ]);
  expect(content.equals(Buffer.from(await answer.arrayBuffer()))).toBe(true);
  const head = await fetch(`${url}/${name}`, { method: 'HEAD' });
  expect(head.headers.get('content-length')).toBe(String(content.length));
});

it('what is large goes in pieces, with others served between them', async () => {
  const ctx = { acceptsEncodings: () => 'identity', vary: () => undefined, ip: '127.0.0.1' } as unknown as Context;
  await new StaticFiles(folder).answer(ctx, 'large.js');
  let isOver = false;
  let turns = 0;
  const others = (async () => {
    while (!isOver) {
      await turn();
      turns += 1;
    }
  })();
  const sizes: number[] = [];
  for await (const piece of ctx.body as Readable) {
    sizes.push(piece.length);
    // As long as the system may take for it.
    for (const until = performance.now() + 1; performance.now() < until; );
  }
  isOver = true;
  await others;
  expect(sizes).toEqual([...Array(100).fill(PIECE), 7]);
  expect(turns).toBeGreaterThan(10);
});
