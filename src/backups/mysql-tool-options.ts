import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { authoritiesOf } from '../platform/database-tls.js';
import type { MysqlServer } from '../platform/mysql-server.js';

/** Whose tool it is: they name the options of TLS differently. */
export type ToolMaker = 'mariadb' | 'mysql';

/**
 * Tells a tool how to connect, as the server's own connections do: by a file of mode 0600, for the password is neither among the arguments,
 * which everybody on the machine can read, nor in the environment.
 * @param work gets the argument that names the file
 */
export async function withOptionFile(server: MysqlServer, maker: ToolMaker, work: (option: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-mysql-'));
  const write = (name: string, content: string) => {
    writeFileSync(join(folder, name), content, { mode: 0o600 });
    return join(folder, name);
  };
  try {
    const lines = [...placeOptions(server), ...(maker === 'mariadb' ? mariadbTls(server, write) : mysqlTls(server, write))];
    await work(`--defaults-file=${write('options.cnf', `[client]\n${lines.join('\n')}\n`)}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

type Write = (name: string, content: string) => string;

function placeOptions({ settings: { place, user, password } }: MysqlServer): string[] {
  const where =
    'host' in place
      ? ['protocol=tcp', `host=${quote(place.host)}`, `port=${place.port}`]
      : ['protocol=socket', `socket=${quote(place.socketPath)}`];
  return [...where, `user=${quote(user)}`, `password=${quote(password)}`];
}

function mariadbTls(server: MysqlServer, write: Write): string[] {
  if (!server.isEncrypted) return ['skip-ssl'];
  const verifies = server.settings.tls.mode === 'verify';
  return ['ssl', verifies ? 'ssl-verify-server-cert' : 'skip-ssl-verify-server-cert', ...certificates(server, write)];
}

function mysqlTls(server: MysqlServer, write: Write): string[] {
  if (!server.isEncrypted) return ['ssl-mode=DISABLED', 'get-server-public-key'];
  const { mode, ca } = server.settings.tls;
  const demanded = mode === 'verify' ? 'VERIFY_IDENTITY' : ca === undefined ? 'REQUIRED' : 'VERIFY_CA';
  return [`ssl-mode=${demanded}`, ...certificates(server, write)];
}

function certificates({ settings: { tls } }: MysqlServer, write: Write): string[] {
  const ca = authoritiesOf(tls);
  return [
    ...(ca === undefined ? [] : [`ssl-ca=${quote(write('ca.pem', ca))}`]),
    ...(tls.client ? [`ssl-cert=${quote(write('cert.pem', tls.client.certificate))}`] : []),
    ...(tls.client ? [`ssl-key=${quote(write('key.pem', tls.client.key))}`] : []),
  ];
}

function quote(value: string): string {
  return `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}
