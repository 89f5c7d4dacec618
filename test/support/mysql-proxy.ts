import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A connection of which a statement has come, and was not passed on. */
interface Link {
  client: Socket;
  server: Socket;
  statement: Buffer;
  /** Whether its transaction has written an entry of the record. */
  isRecorded: boolean;
  /** What the server answered and nobody was told, while that is kept back. */
  answers?: Buffer[];
}

/** A way to a MySQL server that can be broken, or slowed down, at the moment that matters. */
export class MysqlProxy {
  readonly #listener: Server;
  readonly #sockets = new Set<Socket>();
  #awaited: { fits(link: Link): boolean; take(link: Link): void } | undefined;

  /** @param serverPort where connections go that are opened from now on */
  constructor(public serverPort: number) {
    this.#listener = createServer((client) => this.#join(client));
  }

  get port(): number {
    return (this.#listener.address() as { port: number }).port;
  }

  /** Listens on a free port of the loopback. */
  async open(): Promise<this> {
    await once(this.#listener.listen(0, '127.0.0.1'), 'listening');
    return this;
  }

  /**
   * Breaks the connection of the next COMMIT of a mutation: before the server has it, or once it has answered and nobody was told.
   * @returns when that has happened
   */
  async cutNextCommit(when: 'before' | 'after'): Promise<void> {
    const link = await this.#next(isCommit);
    if (when === 'after') await answer(link);
    link.client.destroy();
    link.server.destroy();
  }

  /** Breaks the connection of the next COMMIT of a mutation while that is on its way, or some time after. @returns what lets it arrive */
  async holdNextCommit(breakAfterMs = 0): Promise<() => void> {
    const { client, server, statement } = await this.#next(isCommit);
    await sleep(breakAfterMs);
    client.removeAllListeners('close').destroy();
    return () => server.end(statement);
  }

  /** Keeps back the answer to the next statement that has these words, once it is there. @returns what lets it pass */
  async holdNextAnswer(words: string): Promise<() => void> {
    const link = await this.#next(({ statement }) => statement.includes(words));
    await answer(link);
    return () => {
      for (const piece of link.answers ?? []) link.client.write(piece);
      delete link.answers;
    };
  }

  /** Breaks every connection. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    this.cut();
    this.#listener.close();
  }

  #next(fits: (link: Link) => boolean): Promise<Link> {
    return new Promise((take) => {
      this.#awaited = { fits, take };
    });
  }

  #join(client: Socket): void {
    const server = connect(this.serverPort, '127.0.0.1');
    const link: Link = { client, server, statement: Buffer.alloc(0), isRecorded: false };
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => other.destroy());
    }
    client.on('data', (piece) => {
      link.statement = piece;
      link.isRecorded = piece.includes('INSERT INTO `audit_events`') || (link.isRecorded && !piece.includes('START TRANSACTION'));
      const awaited = this.#awaited;
      if (!awaited?.fits(link)) return server.write(piece);
      this.#awaited = undefined;
      return awaited.take(link);
    });
    server.on('data', (piece) => link.answers?.push(piece) ?? client.write(piece));
  }
}

function isCommit({ statement, isRecorded }: Link): boolean {
  return isRecorded && statement.includes('COMMIT');
}

/** Lets the server have a statement, and waits until it has answered. */
async function answer(link: Link): Promise<void> {
  link.answers = [];
  link.server.write(link.statement);
  await once(link.server, 'data');
}
