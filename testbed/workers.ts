import { Agent, request } from 'node:http';
import type { Credentials } from './app.js';
import { type TestProcess, until } from './process.js';

/** An answer over a connection that is kept open. */
export interface KeptAnswer {
  status: number;
  requestId: string;
  text: string;
}

/** A client that keeps one connection open. */
export interface KeptConnection {
  get(path: string, headers?: Record<string, string>): Promise<KeptAnswer>;
  post(path: string, body: string, headers?: Record<string, string>): Promise<KeptAnswer>;
  close(): void;
}

/** A client that keeps one connection to a server open. */
export function connectionTo({ port }: TestProcess): KeptConnection {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const send = (method: string, path: string, { body, headers }: { body?: string; headers: Record<string, string> }) =>
    new Promise<KeptAnswer>((resolve, reject) => {
      const outgoing = request({ agent, port, method, path, headers: { host: `localhost:${port}`, ...headers } }, (response) => {
        let text = '';
        response.on('data', (chunk) => (text += chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({ status: response.statusCode as number, requestId: String(response.headers['x-request-id']), text }),
        );
      });
      outgoing.on('error', reject).end(body);
    });
  return {
    get: (path, headers = {}) => send('GET', path, { headers }),
    post: (path, body, headers = {}) =>
      send('POST', path, { body, headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers } }),
    close: () => agent.destroy(),
  };
}

/** Every line of the log so far. */
export function logOf(server: Pick<TestProcess, 'output'>): Record<string, unknown>[] {
  const lines = server.output().split('\n');
  return lines.filter((line) => line.startsWith('{')).flatMap((line) => (line.endsWith('}') ? [JSON.parse(line)] : []));
}

/** The workers that serve, as the primary has told: number and process id. */
export function crewOf(server: Pick<TestProcess, 'output'>): Map<number, number> {
  const told = logOf(server).filter(({ msg }) => msg === 'a worker serves');
  return new Map(
    told.map(({ worker, pid }) => [worker as number, pid as number]).filter(([, pid]) => isAlive(pid as number)) as [number, number][],
  );
}

/** Waits until so many workers serve. */
export async function crewOfSize(server: TestProcess, size: number): Promise<Map<number, number>> {
  await until(
    () => crewOf(server).size === size,
    () => server.output(),
  );
  return crewOf(server);
}

/** Whether a process lives. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Which worker gave an answer. */
export async function workerOf(server: TestProcess, { requestId }: KeptAnswer): Promise<number> {
  const find = () => logOf(server).find((line) => line.requestId === requestId && line.msg === 'request');
  await until(() => find() !== undefined);
  return find()?.worker as number;
}

/** A connection to each of the workers that serve. */
export async function connectionToEach(server: TestProcess, size: number): Promise<KeptConnection[]> {
  const found = new Map<number, KeptConnection>();
  const spare: KeptConnection[] = [];
  while (found.size < size) {
    const connection = connectionTo(server);
    const worker = await workerOf(server, await connection.get('/.well-known/jwks.json'));
    if (found.has(worker)) spare.push(connection);
    else found.set(worker, connection);
  }
  for (const connection of spare) connection.close();
  return [...found.values()];
}

/** Asks for a token. @param source where the request comes from, as a proxy would say */
export function askForToken(connection: KeptConnection, { clientId, secret }: Credentials, source?: string): Promise<KeptAnswer> {
  const headers: Record<string, string> = { authorization: `Basic ${btoa(`${clientId}:${secret}`)}` };
  if (source) headers['x-forwarded-for'] = source;
  return connection.post('/connect/token', 'grant_type=client_credentials', headers);
}

/** Clients that ask again and again, each over a connection of its own, until they are stopped. */
export interface Load {
  /** How many answers there were. */
  answers(): number;
  /** Ends it. @returns what went wrong, by client: a status or an error */
  stop(): Promise<string[][]>;
}

/** Starts clients that ask for what `ask` asks. */
export function startLoad(connections: KeptConnection[], ask: (connection: KeptConnection) => Promise<KeptAnswer>): Load {
  let isOver = false;
  let count = 0;
  const run = async (connection: KeptConnection) => {
    const faults: string[] = [];
    while (!isOver) {
      const { status } = await ask(connection).catch((error) => ({ status: String(error) }));
      if (status === 200) count += 1;
      else faults.push(String(status));
    }
    connection.close();
    return faults;
  };
  const running = connections.map(run);
  return {
    answers: () => count,
    stop: () => {
      isOver = true;
      return Promise.all(running);
    },
  };
}
