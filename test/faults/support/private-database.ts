import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mysql from 'mysql2/promise';
import { createMariaDb, type PrivateMariaDb } from '../../../testbed/mariadb.js';
import { type Subject, startSubject } from './subject.js';

const NAME = 'faults';

/** A MariaDB that may be harmed, with an empty database in it. */
export interface PrivateDatabase {
  server: PrivateMariaDb;
  url: string;
  folder: string;
  /** A connection beside those of the product. */
  connect(): Promise<mysql.Connection>;
  remove(): Promise<void>;
}

/** Starts one. @param parent the folder that its data are in */
export async function createPrivateDatabase(parent?: string): Promise<PrivateDatabase> {
  const server = await createMariaDb(parent);
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-faults-'));
  const url = `${server.url}/${NAME}`;
  const connection = await mysql.createConnection(server.url);
  await connection.query(`CREATE DATABASE ${NAME}`);
  await connection.end();
  return {
    server,
    url,
    folder,
    connect: () => mysql.createConnection(url),
    remove: async () => {
      await server.remove();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A server on a database of its own for each test of a file. */
export function usePrivateDatabase(): { readonly database: PrivateDatabase; readonly subject: Subject } {
  let [database, subject]: [PrivateDatabase?, Subject?] = [];
  beforeEach(async () => {
    database = await createPrivateDatabase();
    subject = await startSubject({}, database);
  });
  afterEach(async () => {
    await subject?.remove();
    await database?.remove();
  });
  return {
    get database() {
      return database as PrivateDatabase;
    },
    get subject() {
      return subject as Subject;
    },
  };
}
