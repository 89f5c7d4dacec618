import { ERROR_CODES } from '../../src/platform/error-codes.js';
import { ENCRYPTION_KEY } from '../app.js';
import { TABLES } from '../database.js';
import type { Input } from './input.js';
import type { Reply } from './wire.js';

/** Within which somebody gets an answer, or a closed connection. */
export const BOUND_MS = 1_000;
/** What the server's processor may take for one answer: everybody else waits for so long. */
export const PROCESSOR_BOUND_MS = 250;

const SECRET = /lk_[0-9A-Za-z]{49}/g;
/** Those that show a secret once. */
const MAKERS = /createClient|createTenant|rotateClientSecret/;
const INSIDE = new RegExp(
  [
    ...['node:internal', 'node_modules', '\\bat Object\\.', '\\bat (async |new )?[\\w.<>]+ \\(', '\\.(js|ts):\\d+:\\d+', '/dist/src/'],
    ...[
      'SQLITE_',
      'QueryFailedError',
      '\\bER_[A-Z]{3}',
      'SELECT `',
      'SELECT "',
      'INSERT INTO',
      'tenant_id',
      'client_row_id',
      'better-sqlite3',
      'mysql2',
    ],
    ...TABLES.filter((table) => table.includes('_')).map((table) => `\\b${table}\\b`),
  ].join('|'),
);

/** What is wrong with what came back; nothing when all is well. @param known the secrets that exist; those that are shown rightly are added */
export function faultOf(input: Input, reply: Reply, known: Set<string>): string | undefined {
  if (reply.isHanging) return 'neither an answer nor a close';
  if (reply.statuses.some((status) => status >= 500 && !isUnknownCoding(status, input, reply)) && !isFailedSignIn(input, reply))
    return `status ${reply.statuses}`;
  if (/INTERNAL_SERVER_ERROR|"server_error"/.test(reply.text)) return 'a failure inside';
  const untold = untoldRefusal(input, reply);
  if (untold) return untold;
  // What browsers load was built before the server had any secret, and is not made of what was sent.
  const isAsset = input.part === 'routes' && input.target.startsWith('/assets/') && reply.statuses[0] === 200;
  const inside = isAsset ? undefined : INSIDE.exec(reply.text)?.[0];
  if (inside) return `the inside shows: ${inside}`;
  return secretIn(input, reply, known);
}

/** Whatever is refused at /graphql has a code there, with the status that is listed for it. What Node refuses by itself has no id. */
function untoldRefusal(input: Input, { statuses: [status = 0], text }: Reply): string | undefined {
  const isOfApi = input.part === 'graphql' && input.target.split('?')[0] === '/graphql' && input.method !== 'HEAD';
  if (!isOfApi || status < 400 || !/^x-request-id:/im.test(text)) return undefined;
  const codes = [...text.matchAll(/"code":"([A-Z_]+)"/g)].map(
    ([, code]) => (ERROR_CODES as Record<string, readonly number[]>)[code as string],
  );
  return codes.some((statuses) => statuses?.includes(status)) ? undefined : `a ${status} without a code that is listed for it`;
}

/** A coding that nobody here takes off is told by the status that the RFC has for it, and to a HEAD by nothing else. */
function isUnknownCoding(status: number, input: Input, { text }: Reply): boolean {
  const isToldByStatus = input.part === 'framing' && /^HEAD .*^transfer-encoding:/ims.test(input.bytes);
  return status === 501 && (isToldByStatus || text.includes('a Transfer-Encoding other than chunked'));
}

/** An identity provider that does not answer is a fault of whoever is behind the gateway. */
function isFailedSignIn(input: Input, { statuses, text }: Reply): boolean {
  const isSignIn = input.part === 'routes' && input.target.startsWith('/session/');
  return isSignIn && statuses.every((status) => status === 502) && /sign_in_failed|You are not signed in/.test(text);
}

function secretIn(input: Input, { text }: Reply, known: Set<string>): string | undefined {
  if (text.includes(ENCRYPTION_KEY)) return 'the encryption key shows';
  const shown = new Set(text.match(SECRET));
  const isMaker = input.part === 'graphql' && MAKERS.test(input.body ?? '');
  for (const secret of shown) {
    if (secret.endsWith('0'.repeat(20))) continue;
    if (!isMaker || known.has(secret)) return 'a secret shows';
    known.add(secret);
  }
  return undefined;
}
