import { connect, type Socket } from 'node:net';

/** Somebody on a bare socket who takes their time. */
export interface RawClient {
  socket: Socket;
  /** Everything that was answered so far. */
  answer(): string;
  /** Fulfilled when the connection is over. @returns after how many milliseconds */
  closed: Promise<number>;
}

/** Connects, and says something. @throws when nobody listens */
export async function connectRaw(port: number, text = ''): Promise<RawClient> {
  const socket = connect(port, '127.0.0.1');
  const began = performance.now();
  let answer = '';
  const closed = new Promise<number>((resolve) => socket.on('close', () => resolve(performance.now() - began)));
  socket.on('data', (piece) => (answer += piece));
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  // Whoever is cut off while they speak is told so by the system.
  socket.on('error', () => undefined);
  if (text) socket.write(text);
  return { socket, answer: () => answer, closed };
}

/** Says a text byte by byte, for as long as the connection lives. */
export function drip({ socket }: RawClient, text: string, everyMs: number): void {
  let sent = 0;
  const timer = setInterval(() => {
    if (sent < text.length && socket.writable) socket.write(text[sent++] as string);
  }, everyMs);
  socket.once('close', () => clearInterval(timer));
}
