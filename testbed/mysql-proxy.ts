import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const OK = 0x00;
const PREPARE = 0x16;
const EXECUTE = 0x17;
const CLIENT_SSL = 0x0800;
const HEADER_AND_PROTOCOL = 5;
const NUMBER_AND_SALT = 4 + 8 + 1;

/** A connection of which a statement has come, and was not passed on. */
interface Link {
  client: Socket;
  server: Socket;
  statement: Buffer;
  /** The words of it; of one that was prepared, those that were. */
  words: string;
  /** What was prepared, by the number that the server gave it. */
  prepared: Map<number, string>;
  /** What is being prepared. */
  preparing?: string | undefined;
  /** Whether its transaction has written an entry of the record. */
  isRecorded: boolean;
  /** What the server answered and nobody was told, while that is kept back. */
  answers?: Buffer[];
}

/** What becomes of who wants a connection: a server's own error, as its number and words; nothing at all; or its end. */
export type Refusal = { errno: number; message: string } | 'silence' | 'end';

/** A way to a MySQL server that can be broken, or slowed down, at the moment that matters. */
export class MysqlProxy {
  readonly #listener: Server;
  readonly #sockets = new Set<Socket>();
  #awaited: { fits(link: Link): boolean; take(link: Link): void } | undefined;

  /** What is put in the place of other words of the same length, in each statement. */
  #replacement: { words: string; by: string } | undefined;
  #refusal: Refusal | undefined;
  /** Whether greetings say that the server has no TLS. */
  hidesTls = false;
  /** How many statements had words replaced. */
  replaced = 0;
  /** How many were refused so far. */
  refused = 0;

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
    const link = await this.#next((one) => one.words.includes(words));
    await answer(link);
    return () => {
      for (const piece of link.answers ?? []) link.client.write(piece);
      delete link.answers;
    };
  }

  /** Lets nobody hear of the next statement that has these words, as a firewall that forgot the connection. @returns when that has happened */
  async swallowNext(words: string): Promise<void> {
    await this.#next((one) => one.words.includes(words));
  }

  /** Cuts off whoever sends the next statement that has these words, and passes it on so many milliseconds later, as a buffer in between may. */
  async delayNext(words: string, ms: number): Promise<void> {
    const { client, server, statement } = await this.#next((one) => one.words.includes(words));
    client.removeAllListeners('close').destroy();
    await sleep(ms);
    server.write(statement);
  }

  /** Refuses whoever wants a connection from now on; those that are open go on. Without a refusal it lets them in again. */
  refuseNew(refusal?: Refusal): void {
    this.#refusal = refusal;
  }

  /** As a pooler that keeps sessions of its own: from now on these words of a statement are others. @param by of the same length */
  replaceWords(words: string, by: string): void {
    if (words.length !== by.length) throw new Error(`${words} and ${by} differ in length`);
    this.#replacement = { words, by };
    this.replaced = 0;
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
    if (this.#refusal) {
      this.#refuse(client, this.#refusal);
      return;
    }
    const server = connect(this.serverPort, '127.0.0.1');
    const link: Link = { client, server, statement: Buffer.alloc(0), words: '', prepared: new Map(), isRecorded: false };
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => other.destroy());
    }
    client.on('data', (sent) => {
      const piece = this.#replace(sent);
      link.statement = piece;
      readStatement(link);
      link.isRecorded = link.words.includes('INSERT INTO `audit_events`') || (link.isRecorded && !link.words.includes('START TRANSACTION'));
      const awaited = this.#awaited;
      if (!awaited?.fits(link)) return server.write(piece);
      this.#awaited = undefined;
      return awaited.take(link);
    });
    if (this.hidesTls) server.once('data', withoutTls);
    server.on('data', (piece) => {
      notePrepared(link, piece);
      return link.answers?.push(piece) ?? client.write(piece);
    });
  }

  #replace(piece: Buffer): Buffer {
    const { words, by } = this.#replacement ?? {};
    if (words === undefined || by === undefined || !piece.includes(words)) return piece;
    this.replaced += 1;
    return Buffer.from(piece.toString('latin1').replaceAll(words, by), 'latin1');
  }

  #refuse(client: Socket, refusal: Refusal): void {
    this.refused += 1;
    this.#sockets.add(client);
    client.on('error', () => undefined);
    if (refusal === 'end') client.destroy();
    else if (refusal !== 'silence') client.end(toPacket(refusal));
  }
}

/** Changes a greeting. @see https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_handshake_v10.html */
function withoutTls(greeting: Buffer): void {
  const endOfVersion = greeting.indexOf(0, HEADER_AND_PROTOCOL);
  const capabilities = endOfVersion + 1 + NUMBER_AND_SALT;
  greeting.writeUInt16LE(greeting.readUInt16LE(capabilities) & ~CLIENT_SSL, capabilities);
}

/** An error in the place of a greeting. @see https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_err_packet.html */
function toPacket({ errno, message }: { errno: number; message: string }): Buffer {
  const error = Buffer.from([0xff, errno & 0xff, errno >> 8]);
  const length = error.length + Buffer.byteLength(message);
  return Buffer.concat([Buffer.from([length, 0, 0, 0]), error, Buffer.from(message)]);
}

function isCommit({ words, isRecorded }: Link): boolean {
  return isRecorded && words.includes('COMMIT');
}

/** @see https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_command_phase_ps.html */
function readStatement(link: Link): void {
  const { statement, prepared } = link;
  const command = statement[4];
  link.words = (command === EXECUTE && prepared.get(statement.readUInt32LE(5))) || statement.toString('latin1');
  if (command === PREPARE) link.preparing = link.words;
}

function notePrepared(link: Link, answer: Buffer): void {
  if (link.preparing !== undefined && answer[4] === OK) link.prepared.set(answer.readUInt32LE(5), link.preparing);
  link.preparing = undefined;
}

/** Lets the server have a statement, and waits until it has answered. */
async function answer(link: Link): Promise<void> {
  link.answers = [];
  link.server.write(link.statement);
  await once(link.server, 'data');
}
