import { connect } from 'node:net';
import { basic } from './app.js';

/** Asks for a token with each of these secrets, all sent at once over one connection. @returns what came, as it was sent */
export function askAtOnce(
  port: number,
  { clientId, secrets, source }: { clientId: string; secrets: string[]; source: string },
): Promise<string> {
  const body = 'grant_type=client_credentials';
  const requests = secrets.map((secret, index) => {
    const head = [
      'POST /connect/token HTTP/1.1',
      `Host: localhost:${port}`,
      `Authorization: ${basic(clientId, secret)}`,
      `X-Forwarded-For: ${source}`,
      'Content-Type: application/x-www-form-urlencoded',
      `Content-Length: ${body.length}`,
      `Connection: ${index === secrets.length - 1 ? 'close' : 'keep-alive'}`,
    ];
    return `${head.join('\r\n')}\r\n\r\n${body}`;
  });
  return new Promise((resolve) => {
    let received = '';
    const socket = connect(port, '127.0.0.1').on('data', (data) => (received += data));
    socket.on('close', () => resolve(received));
    socket.write(requests.join(''));
  });
}

/** The statuses in what came over a connection. */
export function statusesIn(text: string): string[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => status as string);
}
