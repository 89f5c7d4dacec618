import { connect, createServer, type Socket } from 'node:net';

/** Something between the server and its database that takes its time. */
export interface SlowProxy {
  port: number;
  /** How long each piece of an answer is held back, from now on. */
  delayMs: number;
  close(): Promise<void>;
}

/** Starts one in front of a port of the loopback. */
export async function startSlowProxy(target: number): Promise<SlowProxy> {
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(target, '127.0.0.1');
    near.pipe(far);
    // Timers of one length fire in order, so the pieces keep theirs; one of another length waits for those before it.
    let last = Promise.resolve();
    far.on('data', (piece) => {
      const due = new Promise((resolve) => setTimeout(resolve, proxy.delayMs));
      last = last.then(() => due).then(() => void near.write(piece));
    });
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => other.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const proxy: SlowProxy = {
    port,
    delayMs: 0,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
  return proxy;
}
