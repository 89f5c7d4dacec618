import fc from 'fast-check';
import type { RawInput } from './input.js';
import { damage } from './texts.js';

const HOST = 'Host: @@homeHost@@';
const FORM = 'Content-Type: application/x-www-form-urlencoded';
const JSON_TYPE = 'Content-Type: application/json';
const query = '{"query":"{ viewer { clientId } }"}';
const whole = `POST /graphql HTTP/1.1\r\n${HOST}\r\nAuthorization: Bearer @@adminToken@@\r\n${JSON_TYPE}\r\nContent-Length: ${query.length}\r\n\r\n${query}`;

const requestLine = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(
        fc.constantFrom(
          'GET',
          'POST',
          'HEAD',
          'PUT',
          'OPTIONS',
          'TRACE',
          'CONNECT',
          'PRI',
          'get',
          'G ET',
          '',
          'GET\t',
          'X'.repeat(9000),
          'GÉT',
          'LOCK',
        ),
        fc.constantFrom(
          ...[
            '/',
            '/health/live',
            '/graphql',
            '/connect/token',
            '*',
            '',
            'http://@@homeHost@@/',
            'http://evil.example/health/live',
            'https://@@homeHost@@/session',
            '//',
            '//evil.example/..',
          ],
          ...[
            '/..',
            '/%2f',
            '/%',
            '/\\',
            '/\u0000',
            '/é',
            '/#x',
            '?x',
            'x',
            'evil.example:443',
            'http:///',
            'http://@@homeHost@@@evil.example/',
            '/a b',
            'http://[',
            `/${'a'.repeat(17_000)}`,
            `/${'a'.repeat(8_000)}`,
            '/x?'.repeat(1500),
          ],
        ),
        fc.constantFrom(
          'HTTP/1.1',
          'HTTP/1.1',
          'HTTP/1.1',
          'HTTP/1.0',
          'HTTP/0.9',
          'HTTP/2.0',
          'HTTP/1.1 ',
          'http/1.1',
          'HTTP/9.9',
          '',
          'HTTP/1.1111',
          'HTCPCP/1.0',
        ),
      )
      .map((parts) => parts.join(' ')),
  },
  fc.constantFrom('GET /', 'GET', '', ' GET / HTTP/1.1', 'GET  /  HTTP/1.1', '\r\n\r\nGET / HTTP/1.1', 'HTTP/1.1 200 OK', 'PRI * HTTP/2.0'),
);

const header = fc.oneof(
  { weight: 8, arbitrary: fc.constant(HOST) },
  { weight: 3, arbitrary: fc.constantFrom(FORM, JSON_TYPE, 'Authorization: Bearer @@adminToken@@') },
  {
    weight: 8,
    arbitrary: fc.constantFrom(
      ...[
        'Content-Length: 0',
        'Content-Length: 5',
        'Content-Length: -1',
        'Content-Length: +5',
        'Content-Length: 99999999999999999999',
        'Content-Length: 5, 5',
        'Content-Length: 5\r\nContent-Length: 6',
        'Content-Length: 0x5',
        'Content-Length: ',
        'Content-Length: 5 5',
        'Content-Length : 5',
      ],
      ...[
        'Transfer-Encoding: chunked',
        'Transfer-Encoding: chunked, identity',
        'Transfer-Encoding: identity',
        'Transfer-Encoding: xchunked',
        'Transfer-Encoding: gzip, chunked',
        'Transfer-Encoding:\tchunked',
        'Transfer-Encoding: chunked\r\nContent-Length: 3',
        'Transfer-Encoding : chunked',
        'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked',
        'TE: trailers',
        'Trailer: Host',
      ],
      ...[
        'Expect: 100-continue',
        'Expect: 200-ok',
        'Connection: Upgrade\r\nUpgrade: websocket',
        'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__',
        'Connection: close',
        'Connection: keep-alive',
        'Connection: Host',
        'Keep-Alive: timeout=-1',
      ],
      ...[
        'Host: evil.example',
        'Host:',
        'Host: a b',
        'Host: @@homeHost@@, @@homeHost@@',
        'Host: @@homeHost@@#',
        'Host: user@@@homeHost@@',
        `Host: ${'a'.repeat(5000)}`,
        'Host: \u00ff',
      ],
      ...[
        ' folded',
        '\tfolded: 1',
        'NoColon',
        ': empty',
        'A\u0000: 1',
        'A: \u0000',
        'A: \u0001\u007f',
        'A: \u00ff\u00fe',
        'Ä: 1',
        'A b: 1',
        'A: 1\rB: 2',
        '__proto__: 1',
        'constructor: 1',
        'Cookie: \u00ff=\u00fe',
        `A: ${'x'.repeat(17_000)}`,
        `${'A: 1\r\n'.repeat(99)}A: 1`,
        `${'B: 1\r\n'.repeat(2500)}B: 1`,
      ],
    ),
  },
);
const body = fc.constantFrom(
  ...[
    '',
    '',
    '12345',
    '123',
    query,
    '0\r\n\r\n',
    '5\r\nhello\r\n0\r\n\r\n',
    '5;a=b;c="d\r\nhello\r\n0\r\n\r\n',
    `5;${'x'.repeat(17_000)}\r\nhello\r\n0\r\n\r\n`,
    'ffffffffffffffffff\r\nx',
    '-1\r\nx\r\n',
    'g\r\n',
    '5\nhello\n0\n\n',
    '5\r\nhello',
    '5\r\nhelloxx0\r\n\r\n',
  ],
  ...[
    '0\r\nHost: evil.example\r\nA\r\n\r\n',
    '0\r\n\r\nGET /health/live HTTP/1.1\r\nHost: x\r\n\r\n',
    `3\r\nabc\r\n0\r\n${'T: 1\r\n'.repeat(3000)}\r\n`,
    'x'.repeat(60_000),
    'x'.repeat(200_000),
  ],
);
const end = fc.constantFrom('\r\n', '\r\n', '\r\n', '\r\n', '\r\n', '\r\n', '\n', '\r', '\n\r');

const composed = fc.tuple(requestLine, fc.array(header, { maxLength: 6 }), end, body).map(([line, headers, newline, rest]) => {
  return [line, ...headers].map((one) => one + newline).join('') + newline + rest;
});
const tls = Buffer.from(`16030100c8010000c40303${'ab'.repeat(32)}00000ac02bc02fc02cc0300035010000`, 'hex').toString('latin1');
const fixed = fc.constantFrom(
  ...[
    '',
    '\r\n',
    '\n\n\n\n',
    '\u0000',
    'GET / HTTP/1.1',
    tls,
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\u0000\u0000\u0000\u0004\u0000\u0000\u0000\u0000\u0000',
    'SSH-2.0-x\r\n',
    '\u0005\u0001\u0000',
    'PROXY TCP4 1.1.1.1 2.2.2.2 1 2\r\nGET / HTTP/1.1\r\n\r\n',
    'GET /health/live\r\n',
  ],
  ...[
    whole + whole,
    `${whole}GET /health/live HTTP/1.1\r\n${HOST}\r\n\r\n`,
    `GET /health/live HTTP/1.1\r\n${HOST}\r\n\r\n`.repeat(60),
    `${whole}x`,
    whole.replace('HTTP/1.1', 'HTTP/1.0'),
    whole.replaceAll('\r\n', '\n'),
    whole.replace(HOST, `${HOST}\r\n${HOST}`),
    whole.replace(HOST, 'X: 1'),
  ],
);
const cutShort = fc.tuple(fc.constantFrom(whole, whole + whole), fc.nat(400)).map(([bytes, at]) => bytes.slice(0, at));
const noise = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes).toString('latin1'));

/** What is no proper HTTP, or more of it than somebody expects. */
export const frameInput: fc.Arbitrary<RawInput> = fc
  .oneof(
    { weight: 12, arbitrary: composed },
    { weight: 2, arbitrary: fixed },
    { weight: 3, arbitrary: cutShort },
    { weight: 3, arbitrary: damage(fc.constantFrom(whole, whole + whole)) },
    { weight: 2, arbitrary: damage(composed) },
    { weight: 1, arbitrary: noise },
  )
  .map((bytes) => ({ part: 'framing', bytes: [...bytes].map((one) => (one > '\u00ff' ? '?' : one)).join('') }));
