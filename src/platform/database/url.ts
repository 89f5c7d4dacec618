import type { TlsSettings } from './tls.js';

/** Where a MySQL server listens: at a port of a host, or at a socket of the same machine. */
export type ServerPlace = { host: string; port: number } | { socketPath: string };

/** What `DATABASE_URL` says of a MySQL or MariaDB server, in parts that are as they are sent. */
export interface MysqlAddress {
  place: ServerPlace;
  user: string;
  password: string;
  database: string;
}

/** How a MySQL or MariaDB server is connected to. */
export interface MysqlSettings extends MysqlAddress {
  type: 'mysql';
  /** Which setting says so. */
  setting: 'DATABASE_URL' | 'MIGRATION_DATABASE_URL';
  tls: TlsSettings;
  /** The most connections of a process. */
  poolSize: number;
}

/** Where the data lives: a file of the embedded SQLite, or a MySQL or MariaDB server. */
export type DatabaseSettings = { type: 'sqlite'; path: string } | MysqlSettings;

/** What a URL of a database says; an address of a server is not complete without the other settings. */
export type DatabaseUrl = { type: 'sqlite'; path: string } | ({ type: 'mysql' } & MysqlAddress);

/** The setting that names a database, for whoever has to look at it. */
export function settingOf(database: DatabaseSettings): string {
  return database.type === 'mysql' ? database.setting : 'DATABASE_URL';
}

const FORM = 'must look like sqlite:path/to/file.db or mysql://user:password@host:3306/name';
const SCHEMES = new Set(['mysql:', 'mariadb:']);
const DEFAULT_PORT = '3306';
const HOST = /^[A-Za-z0-9._-]+$/;
/** Neither what ends a name in SQL, nor what parts the name of a table from that of its database. */
const NAME = /^[^'"`\\./\p{Cc}\u{10000}-\u{10ffff}]{1,64}(?<! )$/u;
/** What every server keeps for itself. */
const OWN_DATABASES = ['mysql', 'sys', 'information_schema', 'performance_schema'];
/** As the system has it of the path of a socket. */
const LONGEST_SOCKET_BYTES = 107;
/** The parser of URLs takes some of these away without a word. */
const INVISIBLE = /^\s|[\p{Cc}]|\s$/u;

/** A URL that says nothing usable. Its message repeats nothing of it. */
export class UrlFault extends Error {}

/**
 * Reads the URL of a database; nobody else takes one apart. A `%` that begins no `%XX` stands for itself.
 * @throws {UrlFault}
 */
export function readDatabaseUrl(text: string): DatabaseUrl {
  if (text.startsWith('sqlite:')) return readSqlite(text.slice('sqlite:'.length));
  const url = INVISIBLE.test(text) ? null : URL.parse(text);
  if (!url || !SCHEMES.has(url.protocol)) throw new UrlFault(FORM);
  if (url.hash !== '') throw new UrlFault('must have no fragment; write # in a password as %23');
  return {
    type: 'mysql',
    place: readPlace(url),
    user: readUser(url.username),
    password: decode(url.password, 'password'),
    database: readName(url.pathname.slice(1)),
  };
}

function readSqlite(path: string): DatabaseUrl {
  // SQLite's own URLs have another form: taken for a path, one would name a file of that name in the folder one is in.
  if (path === '' || path === ':memory:' || path.startsWith('file:')) throw new UrlFault(FORM);
  // As others write it: their root is a folder here, and their parameters would be part of a name.
  if (path.startsWith('//') || path.includes('://')) throw new UrlFault(`${FORM}: after sqlite: comes a path, without //`);
  if (/[?#]/.test(path)) throw new UrlFault('must have no parameter and no fragment after the path of a file');
  return { type: 'sqlite', path };
}

function readPlace({ hostname, port, search, searchParams }: URL): ServerPlace {
  const unknown = [...searchParams.keys()].find((name, index) => name !== 'socket' || index > 0);
  if (unknown !== undefined) {
    throw new UrlFault('must have no parameter other than one ?socket=/path; TLS is set by DATABASE_TLS; write ? in a password as %3F');
  }
  // No form has made it: a + is a +.
  if (searchParams.has('socket')) return readSocket(hostname, port, decode(search.slice(search.indexOf('=') + 1), 'path of the socket'));
  const host = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
  if (host === '') throw new UrlFault(FORM);
  if (host === hostname && !HOST.test(host)) throw new UrlFault('must name a host, or an IPv6 address in brackets');
  if (port === '0') throw new UrlFault('must name a port from 1 to 65535');
  return { host, port: Number(port || DEFAULT_PORT) };
}

function readSocket(hostname: string, port: string, socketPath: string): ServerPlace {
  if (!socketPath.startsWith('/')) throw new UrlFault('must name a socket by its full path, as in ?socket=/run/mysqld/mysqld.sock');
  if (Buffer.byteLength(socketPath) > LONGEST_SOCKET_BYTES || /\p{Cc}/u.test(socketPath))
    throw new UrlFault(`must name a socket by a path of ${LONGEST_SOCKET_BYTES} bytes at most, without control characters`);
  if (port !== '' || hostname !== 'localhost') throw new UrlFault('must have localhost and no port before a socket');
  return { socketPath };
}

function readUser(encoded: string): string {
  const user = decode(encoded, 'user');
  if (user.includes('\0')) throw new UrlFault('must name a user without a NUL, which would end the name');
  return user;
}

function readName(encoded: string): string {
  const name = decode(encoded, 'name of the database');
  if (name === '') throw new UrlFault(FORM);
  if (encoded.includes('/') || !NAME.test(name)) {
    throw new UrlFault(
      'must name a database by 1 to 64 characters without quotes, backslashes, dots and slashes, none beyond U+FFFF and no blank at the end',
    );
  }
  if (OWN_DATABASES.includes(name.toLowerCase()))
    throw new UrlFault('must name a database of its own, and none that the server keeps for itself');
  return name;
}

function decode(encoded: string, what: string): string {
  return encoded.replace(/(?:%[0-9a-f]{2})+/gi, (bytes) => {
    try {
      return decodeURIComponent(bytes);
    } catch {
      throw new UrlFault(`must have a ${what} in UTF-8, percent-encoded; write % as %25`);
    }
  });
}
