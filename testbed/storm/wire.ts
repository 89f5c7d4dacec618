import { connect, type Socket } from 'node:net';
import type { Input } from './input.js';

/** What came back, and when. */
export interface Reply {
  /** Of every answer that came; none when the connection was closed without one. */
  statuses: number[];
  /** Heads and bodies as they came, as latin1. */
  text: string;
  milliseconds: number;
  /** Neither an answer nor a close within the time that there was. */
  isHanging: boolean;
}

/** For how long somebody waits who knows that the bound is a second. */
const PATIENCE_MS = 15_000;

/** A request as it goes over the wire, its names filled in. */
export function toBytes(input: Input, fill: (text: string) => string): Buffer {
  if (input.part === 'framing') return Buffer.from(fill(input.bytes), 'latin1');
  const { method, target, headers, body, encoding = 'utf8', chunk } = input;
  const content = body === undefined ? undefined : Buffer.from(fill(body), encoding);
  const length = content === undefined ? '' : chunk ? 'Transfer-Encoding: chunked\r\n' : `Content-Length: ${content.length}\r\n`;
  const head = `${method} ${fill(target)} HTTP/1.1\r\n${headers.map(([name, value]) => `${name}: ${fill(value)}\r\n`).join('')}${length}\r\n`;
  return Buffer.concat([Buffer.from(head), content === undefined ? Buffer.alloc(0) : chunk ? inChunks(content, chunk) : content]);
}

/** At most sixty chunks: what remains comes in the last. */
function inChunks(content: Buffer, size: number): Buffer {
  const chunks: Buffer[] = [];
  for (let at = 0; at < content.length; ) {
    const part = content.subarray(at, chunks.length < 60 ? at + size : undefined);
    chunks.push(Buffer.concat([Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n')]));
    at += part.length;
  }
  return Buffer.concat([...chunks, Buffer.from('0\r\n\r\n')]);
}

/** One who sends, over a connection that is kept while the server keeps it. */
export class Sender {
  #kept: Socket | undefined;
  /** What was sent last over the connection that is kept. */
  previous: Input | undefined;

  constructor(
    private readonly port: number,
    /** An address of the loopback. */
    private readonly from: string,
  ) {}

  /** Sends one input and waits for all that comes of it. */
  async send(input: Input, bytes: Buffer): Promise<Reply> {
    if (input.part === 'framing') return this.#exchange(await this.#open(), bytes, { isLast: true, isHead: false });
    this.previous = input;
    const isFresh = !this.#kept || this.#kept.destroyed || this.#kept.readyState !== 'open';
    const socket = isFresh ? await this.#open() : (this.#kept as Socket);
    this.#kept = socket;
    const how = { isLast: false, isHead: input.method === 'HEAD' };
    const reply = await this.#exchange(socket, bytes, how);
    // The server may close a kept connection at the very moment: a fresh one tells.
    if (reply.statuses.length > 0 || isFresh || reply.isHanging) return reply;
    this.#kept = await this.#open();
    return this.#exchange(this.#kept, bytes, how);
  }

  close(): void {
    this.#kept?.destroy();
  }

  #open(): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port: this.port, host: '127.0.0.1', localAddress: this.from, allowHalfOpen: true, noDelay: true });
      socket.once('connect', () => resolve(socket)).once('error', reject);
    });
  }

  #exchange(socket: Socket, bytes: Buffer, { isLast, isHead }: { isLast: boolean; isHead: boolean }): Promise<Reply> {
    const began = performance.now();
    let received = '';
    return new Promise((resolve) => {
      const finish = (isHanging: boolean, isClosed: boolean) => {
        clearTimeout(timer);
        socket.removeAllListeners('data').removeAllListeners('end').removeAllListeners('close').removeAllListeners('error');
        socket.on('error', () => undefined);
        if (isClosed || isHanging) socket.destroy();
        resolve({ statuses: statusesIn(received), text: received, milliseconds: performance.now() - began, isHanging });
      };
      const timer = setTimeout(() => finish(true, true), PATIENCE_MS);
      socket.on('data', (chunk: Buffer) => {
        received += chunk.toString('latin1');
        const end = isLast ? undefined : endOf(received, isHead);
        if (end) finish(false, end === 'and close');
      });
      socket.on('end', () => finish(false, true));
      socket.on('close', () => finish(false, true));
      socket.on('error', () => finish(false, true));
      if (isLast) socket.end(bytes);
      else socket.write(bytes);
    });
  }
}

function statusesIn(received: string): number[] {
  return [...received.matchAll(/^HTTP\/1\.[01] (\d{3}) /gm)].map(([, status]) => Number(status));
}

/** Whether a whole answer is there, and whether the server closes after it. */
function endOf(received: string, isHead: boolean): 'and close' | 'and keep' | undefined {
  const headEnd = received.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const head = received.slice(0, headEnd + 2);
  const status = Number(head.slice(9, 12));
  if (status < 200) return endOf(received.slice(headEnd + 4), isHead);
  const then = /^connection: close\r$/im.test(head) ? 'and close' : 'and keep';
  if (isHead || status === 204 || status === 304) return then;
  const length = /^content-length: (\d+)\r$/im.exec(head)?.[1];
  if (length !== undefined) return received.length >= headEnd + 4 + Number(length) ? then : undefined;
  if (/^transfer-encoding: chunked\r$/im.test(head)) return received.endsWith('\r\n0\r\n\r\n') ? then : undefined;
  return undefined;
}
