import { createServer, IncomingMessage, request, type Server } from 'node:http';
import { connect, Socket, Server as TcpServer } from 'node:net';

const listen = async (server: Server) => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as { port: number }).port;
};
const close = (server: Server) => new Promise((resolve) => server.close(resolve).closeAllConnections());

describe('Node', () => {
  it('makes requests of the class that a server is given, hands it the body by `push`, and its end as `push(null)`', async () => {
    const pushed: (string | null)[] = [];
    class Ours extends IncomingMessage {
      override push(chunk: Buffer | null, encoding?: BufferEncoding): boolean {
        pushed.push(chunk === null ? null : String(chunk));
        return super.push(chunk, encoding);
      }
    }
    const server = createServer({ IncomingMessage: Ours }, (req, res) => req.resume().on('end', () => res.end(req.constructor.name)));
    const port = await listen(server);
    const answer = await fetch(`http://127.0.0.1:${port}`, { method: 'POST', body: 'text' });
    expect([await answer.text(), pushed]).toEqual(['Ours', ['text', null]]);
    await close(server);
  });

  it('reads a connection by `push` of its stream once somebody listens to that, stops when it gives false, and goes on by `_read`', async () => {
    const server = createServer((req, res) => req.resume().on('end', () => res.end('served')));
    let [pushed, wanted, isEnded] = [0, 0, false];
    server.on('connection', (socket: Socket) => {
      socket.on('data', () => undefined);
      socket.push = (chunk) => {
        if (chunk === null) isEnded = true;
        else pushed += chunk.length;
        Socket.prototype.push.call(socket, chunk);
        return false;
      };
      socket._read = (size) => {
        wanted += 1;
        Socket.prototype._read.call(socket, size);
      };
    });
    const port = await listen(server);
    const body = 'x'.repeat(300_000);
    expect(await (await fetch(`http://127.0.0.1:${port}`, { method: 'POST', body })).text()).toBe('served');
    expect(pushed).toBeGreaterThan(body.length);
    expect(wanted).toBeGreaterThan(3);
    const ended = connect(port, '127.0.0.1').end();
    await new Promise((resolve) => ended.resume().once('close', resolve));
    expect(isEnded).toBe(true);
    await close(server);
  });

  it.each(['\n\n', '\r\n\n', '\n\r\n', '\r\r'])('knows no end of a head but two line breaks of two bytes each (%j)', async (end) => {
    let requests = 0;
    const server = createServer((_req, res) => {
      requests += 1;
      res.end();
    });
    const port = await listen(server);
    const socket = connect(port, '127.0.0.1');
    socket.write(`GET / HTTP/1.1\r\nHost: x${end}GET / HTTP/1.1\r\nHost: x${end}`);
    const answer = await new Promise((resolve) => socket.once('data', (data) => resolve(String(data))));
    expect([String(answer).slice(0, 12), requests]).toEqual(['HTTP/1.1 400', 0]);
    socket.destroy();
    await close(server);
  });

  it('stops listening by the close of `net.Server`, and leaves the connections of an HTTP server as they are', async () => {
    const server = createServer((_req, res) => res.end('served'));
    const port = await listen(server);
    const socket = connect(port, '127.0.0.1');
    const answers: string[] = [];
    socket.on('data', (data) => answers.push(String(data).split('\r\n')[0] ?? ''));
    const ask = async () => {
      const before = answers.length;
      socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
      while (answers.length === before) await new Promise((resolve) => setImmediate(resolve));
    };
    await ask();
    const closed = new Promise((resolve) => TcpServer.prototype.close.call(server, resolve));
    const refused = new Promise((resolve) => request({ port, host: '127.0.0.1' }).on('error', resolve).end());
    expect(await refused).toMatchObject({ code: 'ECONNREFUSED' });
    await ask();
    expect(answers).toEqual(['HTTP/1.1 200 OK', 'HTTP/1.1 200 OK']);
    socket.destroy();
    await closed;
  });

  it('keeps names and values of headers as they came, in turn, however many of them it drops', async () => {
    let raw: string[] = [];
    const server = createServer((req, res) => {
      raw = req.rawHeaders;
      res.end(String(req.headers.authorization));
    });
    const port = await listen(server);
    const socket = connect(port, '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nHost: x\r\nAuthorization: a\r\nAuthorization: b\r\n\r\n');
    const answer = await new Promise((resolve) => socket.once('data', (data) => resolve(String(data))));
    expect([raw, String(answer).endsWith('\r\n\r\na')]).toEqual([['Host', 'x', 'Authorization', 'a', 'Authorization', 'b'], true]);
    socket.destroy();
    await close(server);
  });
});
