import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';

const root = join(import.meta.dirname, '../..');
const BUILD = `
  import { build } from 'vite';
  const lib = { entry: 'testbed/foreign-page/callers.ts', formats: ['iife'], name: 'page' };
  const built = await build({ configFile: false, logLevel: 'silent', define: { 'process.env.NODE_ENV': '"production"' }, build: { write: false, lib } });
  process.stdout.write(built[0].output[0].code);`;

/** A server of somebody else's pages, with clients of the API in them as they come from npm. */
export interface ForeignPages {
  port: number;
  stop(): Promise<void>;
}

/** Builds such a page, and serves it at every host of this machine. */
export async function serveForeignPages(): Promise<ForeignPages> {
  const { stdout: script } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', BUILD], {
    cwd: root,
    maxBuffer: 16 * 1024 * 1024,
  });
  const server = createServer((request, response) => {
    const isScript = request.url === '/callers.js';
    response.setHeader('Content-Type', isScript ? 'text/javascript' : 'text/html; charset=utf-8');
    response.end(
      isScript ? script : '<!doctype html><title>Somebody else</title><link rel="icon" href="data:,"><script src="/callers.js"></script>',
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return { port, stop: () => new Promise((resolve) => server.close(() => resolve()).closeAllConnections()) };
}
