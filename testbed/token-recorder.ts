import { createServer } from 'node:http';

/** A token endpoint that lets anybody in, and remembers what it was asked with. */
export interface TokenRecorder {
  url: string;
  /** The `Authorization` of each request. */
  received: string[];
  stop(): Promise<void>;
}

/** Starts one. @param lifetimeSeconds of each token */
export async function startTokenRecorder(lifetimeSeconds: number): Promise<TokenRecorder> {
  const received: string[] = [];
  const server = createServer(({ headers }, response) => {
    received.push(headers.authorization ?? '');
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ access_token: `token-${received.length}`, expires_in: lifetimeSeconds }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const stop = async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  };
  return { url: `http://127.0.0.1:${port}/`, received, stop };
}
