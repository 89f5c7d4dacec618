import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import fc from 'fast-check';
import { readConfig } from '../../src/platform/config.js';
import { Forwarded } from '../../src/platform/http/forwarded.js';

const PROXY = '10.0.0.1';
const STRANGER = '203.0.113.9';
const config = readConfig({ TRUST_PROXY: '10.0.0.0/8,fd00::/8,192.168.1.7', CLIENT_CERT_HEADER: 'rfc9440' });
const forwarded = new Forwarded(config);

/** A request as Node hands it on: what was sent, and what it makes of that. */
function arrived(from: string | undefined, sent: readonly [name: string, value: string][]): IncomingMessage {
  const socket = new Socket();
  Object.defineProperty(socket, 'remoteAddress', { value: from });
  const request = new IncomingMessage(socket);
  const lines = sent.flat();
  (request as unknown as { _addHeaderLines(lines: string[], count: number): void })._addHeaderLines(lines, lines.length);
  expect(request.headers).toBeDefined();
  return request;
}

function normalised(from: string | undefined, sent: readonly [name: string, value: string][], by = forwarded): IncomingMessage {
  const request = arrived(from, sent);
  by.normalise(request);
  return request;
}

const senderOf = (from: string | undefined, ...lists: string[]) =>
  forwarded.senderOf(normalised(from, [['Host', 'a'], ...lists.map((list): [string, string] => ['X-Forwarded-For', list])]));

const OF_A_PROXY: [string, string][] = [
  ['X-Forwarded-For', '198.51.100.7'],
  ['x-forwarded-proto', 'https'],
  ['X-Forwarded-Host', 'other.example'],
  ['X-Forwarded-Anything', 'x'],
  ['Forwarded', 'for=198.51.100.7;proto=https'],
  ['X-Request-Id', 'of-another-request'],
  ['CLIENT-CERT', ':AAAA:'],
  ['Client-Cert', ':BBBB:'],
  ['Client-Cert-Chain', ':AAAA:'],
];
const OF_ANYBODY: [string, string][] = [
  ['Host', 'id.example'],
  ['Authorization', 'Basic x'],
  ['Client-Certificate', 'of no use here'],
  ['X-Forwarder', 'y'],
];

describe.each([
  ['a stranger', STRANGER],
  ['a neighbour of the proxy', '192.168.1.8'],
  ['a stranger over IPv6', '2001:db8::1'],
  ['a stranger who is dressed as IPv6', '::ffff:203.0.113.9'],
  ['a connection that is gone', undefined],
  ['a connection without an address of IP', 'unix:'],
])('from %s', (_, from) => {
  it('what only a proxy says is as if it had not been sent', () => {
    const alone = arrived(from, OF_ANYBODY);
    const request = normalised(from, [...OF_A_PROXY.slice(0, 4), ...OF_ANYBODY, ...OF_A_PROXY.slice(4)]);
    expect(request.headers).toEqual(alone.headers);
    expect(request.headersDistinct).toEqual(alone.headersDistinct);
    expect(request.rawHeaders).toEqual(alone.rawHeaders);
    expect(forwarded.senderOf(request)).toBe(from ?? '');
  });

  it('everything else stays as it was', () => {
    const request = arrived(from, OF_ANYBODY);
    const { rawHeaders } = request;
    forwarded.normalise(request);
    expect(request.rawHeaders).toBe(rawHeaders);
  });
});

it.each([PROXY, '::ffff:10.0.0.1', 'fd00::5', '192.168.1.7', '::ffff:192.168.1.7'])('from a proxy at %s it counts', (from) => {
  const { headers } = normalised(from, [...OF_A_PROXY, ...OF_ANYBODY]);
  expect(headers).toMatchObject({
    'x-forwarded-for': '198.51.100.7',
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'other.example',
    'x-request-id': 'of-another-request',
    'client-cert': ':AAAA:, :BBBB:',
    'client-cert-chain': ':AAAA:',
  });
});

it.each<[string[], string]>([
  [['198.51.100.7'], '198.51.100.7'],
  [['1.1.1.1, 198.51.100.7'], '198.51.100.7'],
  [['1.1.1.1,10.9.9.9,198.51.100.7,10.0.0.3 , fd00::2'], '198.51.100.7'],
  [['1.1.1.1', '198.51.100.7', '10.0.0.3'], '198.51.100.7'],
  [['1.1.1.1, 198.51.100.7:4711'], '198.51.100.7:4711'],
  [['[2001:db8::9]:4711, [fd00::7]:80'], '[2001:db8::9]:4711'],
  [['198.51.100.7, 10.0.0.3:55, ::ffff:10.0.0.4, [::ffff:10.0.0.5]:1'], '198.51.100.7'],
  [['2001:db8::9, fd00::7%eth0'], '2001:db8::9'],
  [['10.0.0.9, 10.0.0.3'], '10.0.0.9'],
  [['1.1.1.1, unix:'], 'unix:'],
  [['1.1.1.1, unknown, 10.0.0.3'], 'unknown'],
  [['1.1.1.1, _hidden'], '_hidden'],
  [['198.51.100.7, , 10.0.0.3,'], '198.51.100.7'],
  [[',198.51.100.7'], '198.51.100.7'],
  [['', ' , ,'], PROXY],
  [[''], PROXY],
  [[], PROXY],
])('of %p from a proxy the sender is %p', (lists, sender) => {
  expect(senderOf(PROXY, ...lists)).toBe(sender);
});

it.each<[string, string, string]>([
  ['198.51.100.7', 'a.example', 'a.example'],
  ['198.51.100.7', 'forged.example, a.example', 'a.example'],
  ['1.1.1.1, 198.51.100.7, 10.0.0.3', 'forged.example, a.example, b.example', 'a.example'],
  ['1.1.1.1, 198.51.100.7, 10.0.0.3', 'a.example', 'a.example'],
  ['', 'forged.example, a.example', 'a.example'],
])('through the proxies of %p, X-Forwarded-Host %p is what the outermost wrote', (list, hosts, host) => {
  const request = normalised(PROXY, [
    ['X-Forwarded-For', list],
    ['X-Forwarded-Host', hosts],
  ]);
  expect(request.headers['x-forwarded-host']).toBe(host);
});

it('a list that will be refused for its length is not gone through', () => {
  const list = Array(1_000).fill('10.0.0.3').join(', ');
  expect(normalised(PROXY, [['X-Forwarded-For', list]]).headers['x-forwarded-for']).toBe(list);
});

it('whatever stands before what the proxies wrote, the sender is who connected to the outermost', () => {
  const forged = fc.stringMatching(/^[\x21-\x7e ]{0,60}$/);
  const chain = fc.array(fc.constantFrom('10.1.2.3', 'fd00::1', '192.168.1.7'), { maxLength: 4 });
  fc.assert(
    fc.property(
      forged,
      fc.ipV4().filter((ip) => !/^(10\.|192\.168\.1\.7$)/.test(ip)),
      chain,
      (before, client, proxies) => {
        expect(senderOf(PROXY, [before, client, ...proxies].join(', '))).toBe(client);
      },
    ),
  );
});

it.each([0, 1, 2])('where %p proxies are known by their number alone, all is as it was sent', (trustProxy) => {
  const request = normalised(STRANGER, [...OF_A_PROXY, ...OF_ANYBODY], new Forwarded({ trustProxy }));
  expect(request.headers).toEqual(arrived(STRANGER, [...OF_A_PROXY, ...OF_ANYBODY]).headers);
});
