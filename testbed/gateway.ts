import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lastingPort } from './free-port.ts';
import { listens, until } from './process.ts';

/** Whether these programs and modules of Debian are installed. With CI=true they have to be. */
export function hasGateways(...paths: string[]): boolean {
  const missing = paths.filter((path) => !existsSync(path));
  if (missing.length === 0) return true;
  if (process.env.CI === 'true')
    throw new Error(`With CI=true the tests of gateways must run, and there is no ${missing.join(' and no ')}.`);
  process.stderr.write(`There is no ${missing.join(' and no ')}: the tests that need them are skipped.\n`);
  return false;
}

/** The blocks of a document that are written in a language, in their order. */
export function blocksOf(document: string, language: string): string[] {
  const text = readFileSync(join(import.meta.dirname, '..', document), 'utf8');
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(([, block]) => block as string);
}

/** An API that says what it was asked. */
export interface EchoApi {
  port: number;
  stop(): void;
}

/** Starts an API that answers with the headers that reached it. */
export async function startEchoApi(): Promise<EchoApi> {
  const server = createServer((request, response) => {
    request
      .resume()
      .once('end', () => response.end(JSON.stringify({ method: request.method, url: request.url, headers: request.headers })));
  });
  return listening(server);
}

async function listening(server: Server): Promise<EchoApi> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as { port: number }).port,
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Starts a server that hands what is read of another on over TLS, for those who read nothing otherwise. */
export async function startTlsFor(url: string, { certificate, key }: { certificate: string; key: string }): Promise<EchoApi> {
  const server = createTlsServer({ cert: readFileSync(certificate), key: readFileSync(key) }, async (request, response) => {
    const answer = await fetch(url + request.url);
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' }).end(await answer.text());
  });
  return listening(server);
}

/** What an {@link EchoApi} says. */
export interface Echo {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
}

/** A program that stands before an API. */
export interface Gateway {
  port: number;
  folder: string;
  output(): string;
  stop(): Promise<void>;
}

/** What is needed to start one. */
export interface GatewayPlan {
  /** Where it listens; at a port of its own when absent. */
  port?: number;
  /** Its configuration and whatever else it reads, by the names of files. */
  files(folder: string, port: number): Record<string, string>;
  command: [program: string, ...args: string[]];
}

/** Starts a program of Debian with files in a folder of its own, and waits until it listens. `{folder}` stands for that in its arguments. */
export async function startGateway({ port: given, files, command: [program, ...args] }: GatewayPlan): Promise<Gateway> {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-gateway-'));
  const port = given ?? (await lastingPort());
  // What a server does is done by another user than the one who starts it, when that is root.
  chmodSync(folder, 0o755);
  mkdirSync(join(folder, 'temporary'));
  for (const [name, content] of Object.entries(files(folder, port))) writeFileSync(join(folder, name), content);
  const child: ChildProcess = spawn(
    program,
    args.map((arg) => arg.replace('{folder}', folder)),
    { cwd: folder, env: { PATH: process.env.PATH, HOME: folder, XDG_CONFIG_HOME: folder, XDG_DATA_HOME: folder } },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += chunk));
  const ended = new Promise((resolve) => child.once('exit', resolve));
  await until(
    () => {
      if (child.exitCode !== null) throw new Error(`${program} ended: ${output}`);
      return listens(port);
    },
    () => output,
  );
  return {
    port,
    folder,
    output: () => output,
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** What nginx needs around what a document shows. */
export function nginxAround(folder: string, servers: string, modules = ''): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/temporary/${name};`);
  return `${modules}
daemon off; master_process off; pid ${folder}/nginx.pid; error_log stderr info;
events { worker_connections 128; }
http { access_log off; ${temporary.join(' ')}
${servers} }`;
}
