// The least that can be done for a token: node:http alone, a form, one HMAC, one signature. Everything else that a server does is measured against it.
import { createHmac, createSecretKey, generateKeyPairSync, randomBytes, randomUUID, sign, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import { parse } from 'node:querystring';
import { toJoseSignature } from '../src/keys/jose-signature.ts';
import { CLIENTS, clientIdOf } from './load.ts';

const port = Number(process.env.PORT);
const issuer = `http://localhost:${port}`;
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const key = createSecretKey(randomBytes(32));
const digestOf = (clientId: string, secret: string) =>
  createHmac('sha256', key)
    .update(clientId + secret)
    .digest();
const digests = new Map(
  Array.from({ length: CLIENTS }, (_, index) => [clientIdOf(index), digestOf(clientIdOf(index), process.env.SECRET as string)]),
);
const header = encode({ alg: 'ES256', typ: 'at+jwt', kid: randomUUID() });

const server = createServer((request, response) => {
  let form = '';
  request.setEncoding('utf8');
  request.on('data', (chunk) => {
    form += chunk;
  });
  request.on('end', () => {
    const [clientId = '', secret = ''] = Buffer.from(request.headers.authorization?.slice('Basic '.length) ?? '', 'base64')
      .toString()
      .split(':');
    const digest = digests.get(clientId);
    const isRight = digest && timingSafeEqual(digest, digestOf(clientId, secret));
    const isAsked = parse(form).grant_type === 'client_credentials';
    const answer =
      isRight && isAsked ? { access_token: makeToken(clientId), expires_in: 3600, token_type: 'Bearer', scope: 'orders:read' } : {};
    const body = JSON.stringify(answer);
    response.writeHead(isRight && isAsked ? 200 : 401, {
      'Content-Type': 'application/json; charset=utf-8',
      'Content-Length': Buffer.byteLength(body),
      'Cache-Control': 'no-store',
    });
    response.end(body);
  });
});
server.listen(port, '127.0.0.1');

function makeToken(clientId: string): string {
  const iat = Math.floor(Date.now() / 1000);
  const claims = {
    iss: issuer,
    sub: clientId,
    client_id: clientId,
    aud: `${issuer}/api`,
    iat,
    exp: iat + 3600,
    jti: randomUUID(),
    scope: 'orders:read',
  };
  const signed = `${header}.${encode(claims)}`;
  return `${signed}.${toJoseSignature(sign('sha256', Buffer.from(signed), privateKey)).toString('base64url')}`;
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
