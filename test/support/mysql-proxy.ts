import { connect, createServer, type Socket } from 'node:net';

/** A way to a MySQL server that can be broken at the moment of a commit. */
export interface MysqlProxy {
  port: number;
  /**
   * Breaks the connection of the next COMMIT: before the server has it, or once it has answered and nobody was told.
   * @returns when that has happened
   */
  cutNextCommit(when: 'before' | 'after'): Promise<void>;
  close(): void;
}

/** Listens on a free port and passes everything on to a server. */
export async function createMysqlProxy(serverPort: number): Promise<MysqlProxy> {
  let plan: { when: 'before' | 'after'; done: () => void } | undefined;
  const sockets = new Set<Socket>();
  const proxy = createServer((client) => {
    const server = connect(serverPort, '127.0.0.1');
    let isDeaf = false;
    const cut = () => {
      client.destroy();
      server.destroy();
    };
    for (const socket of [client, server]) {
      sockets.add(socket);
      socket.on('error', cut).on('close', cut);
    }
    client.on('data', (data) => {
      // A packet of its own: three bytes of length, one of sequence, one for "query", and the word.
      if (plan && data.subarray(5).toString('latin1') === 'COMMIT') {
        const { when, done } = plan;
        plan = undefined;
        if (when === 'before') {
          cut();
          return done();
        }
        isDeaf = true;
        server.once('data', () => {
          cut();
          done();
        });
      }
      server.write(data);
    });
    server.on('data', (data) => isDeaf || client.write(data));
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return {
    port: (proxy.address() as { port: number }).port,
    cutNextCommit: (when) => new Promise((done) => (plan = { when, done })),
    close: () => {
      for (const socket of sockets) socket.destroy();
      proxy.close();
    },
  };
}
