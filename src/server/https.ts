import type { Server } from 'node:http';
import { StartupError } from '../platform/errors.js';
import { readKeyPair, type TlsFiles } from '../platform/http/key-pair-files.js';
import { KeyPairWatch } from '../platform/http/key-pair-watch.js';
import { type FrontParts, SecureFront } from '../platform/http/secure-front.js';

/**
 * Lets a server be reached by https alone, with the certificate that files have, also after they have changed. It does not listen.
 * @throws {StartupError} when they have changed since the settings were read, and cannot be used
 */
export function serveHttps(server: Server, files: TlsFiles, parts: FrontParts): KeyPairWatch {
  const pair = readKeyPair(files);
  if ('faults' in pair) throw new StartupError(pair.faults.map(({ name, message }) => `${name} ${message}.`).join('\n'));
  const front = new SecureFront(server, pair, parts);
  return new KeyPairWatch(files, pair, (renewed) => front.renew(renewed), parts.log);
}
