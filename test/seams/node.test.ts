import { createServer, IncomingMessage, request, type Server } from 'node:http';
import { connect, Server as TcpServer } from 'node:net';

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

  it('sets `upgrade` of a request when its head is read, and goes by what it reads there', async () => {
    const seen: unknown[] = [];
    class Ours extends IncomingMessage {
      get upgrade(): boolean | null {
        seen.push('read');
        return false;
      }
      set upgrade(value: boolean | null) {
        seen.push(['set', value]);
      }
    }
    const server = createServer({ IncomingMessage: Ours as typeof IncomingMessage }, (_req, res) => res.end('served'));
    const port = await listen(server);
    expect(await (await fetch(`http://127.0.0.1:${port}`)).text()).toBe('served');
    expect(seen).toEqual(expect.arrayContaining(['read']));
    expect(seen.findIndex((one) => one !== 'read')).toBeLessThan(seen.lastIndexOf('read'));
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
