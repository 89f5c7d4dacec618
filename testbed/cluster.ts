import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import mysql, { type RowDataPacket } from 'mysql2/promise';
import { lastingPort } from './free-port.ts';
import { createGalera, DATABASE_USER, type Galera } from './galera.ts';
import type { GaleraNode } from './galera-node.ts';
import { Haproxy } from './haproxy.ts';
import { answers, startProcess, type TestProcess, until } from './process.ts';
import { handOver } from './unprivileged.ts';

const DATABASE = 'latchkey';
const READY_WITHIN_MS = 60_000;
const SERVERS = 2;
const ASK_EVERY_MS = 100;

interface Parts {
  folder: string;
  galera: Galera;
  haproxy: Haproxy;
  ports: number[];
  settings: Record<string, string>;
}

/** What deploy/cluster brings up, on the loopback: three nodes of a database, two servers, and HAProxy before both. */
export class Cluster {
  readonly admin = { clientId: 'admin', secret: 'the-secret-of-the-first-administrator' };
  readonly servers: TestProcess[] = [];

  /** For a test's own files too. */
  readonly folder: string;
  readonly galera: Galera;
  readonly haproxy: Haproxy;
  readonly #ports: number[];
  readonly #settings: Record<string, string>;

  private constructor({ folder, galera, haproxy, ports, settings }: Parts) {
    this.folder = folder;
    this.galera = galera;
    this.haproxy = haproxy;
    this.#ports = ports;
    this.#settings = settings;
  }

  /**
   * Brings it up.
   * @param settings of the servers, beside the usual ones
   * @throws when something that it needs is not installed
   */
  static async create(settings: Record<string, string> = {}): Promise<Cluster> {
    const folder = mkdtempSync(join(tmpdir(), 'latchkey-cluster-'));
    chmodSync(folder, 0o755);
    handOver(folder);
    let cluster: Cluster | undefined;
    try {
      const galera = await createGalera(folder, DATABASE);
      const ports = await Promise.all(Array.from({ length: SERVERS }, lastingPort));
      const named = (name: string, own: number[]) => own.map((port, index) => [`${name}${index + 1}`, `127.0.0.1:${port}`]);
      const nodePorts = galera.nodes.map(({ port }) => port);
      const haproxy = await Haproxy.create(folder, Object.fromEntries([...named('DB', nodePorts), ...named('LATCHKEY', ports)]));
      cluster = new Cluster({ folder, galera, haproxy, ports, settings });
      await haproxy.start();
      for (const index of ports.keys()) await cluster.startServer(index);
      await cluster.ready();
      return cluster;
    } catch (error) {
      await cluster?.remove();
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** Where everybody reaches the servers: the issuer of their tokens. */
  get url(): string {
    return `http://localhost:${this.haproxy.httpPort}`;
  }

  /** The database as HAProxy offers it, as `DATABASE_URL` has it. */
  get databaseUrl(): string {
    return this.databaseUrlAt(this.haproxy.databasePort);
  }

  get nodes(): GaleraNode[] {
    return this.galera.nodes;
  }

  /** The database at a port, past HAProxy when it is a node's. */
  databaseUrlAt(port: number, database = DATABASE): string {
    return `mysql://${DATABASE_USER}@127.0.0.1:${port}/${database}`;
  }

  /** Starts a server at its place, in the background. */
  async startServer(index: number): Promise<void> {
    this.servers[index] = await this.startServerOn(this.databaseUrl, { PORT: String(this.#ports[index]) });
  }

  /** Starts a server for the same issuer on another way to the database. It is the caller's to end. */
  startServerOn(url: string, settings: Record<string, string> = {}): Promise<TestProcess> {
    const usual = { ISSUER: this.url, TRUST_PROXY: '1', ADMIN_CLIENT_SECRET: this.admin.secret, FAILURE_LIMIT: '0', LOG_LEVEL: 'warn' };
    return startProcess({ url, folder: this.folder }, { ...usual, ...this.#settings, ...settings });
  }

  /** Waits until all nodes are in step and every server is ready, and HAProxy knows it. */
  async ready(): Promise<void> {
    await this.whole();
    const urls = [...this.servers.map(({ url }) => url), this.url].map((url) => `${url}/health/ready`);
    await until(
      async () => (await Promise.all(urls.map((url) => answers(url, 200)))).every(Boolean),
      () => [this.haproxy.output(), ...this.servers.map((server) => server.output())].join('\n').slice(-4000),
      READY_WITHIN_MS,
    );
  }

  /** Waits until every node is in step and sees all others. One that was frozen believes so at first, but the others do not. */
  async whole(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.synced()));
    await this.noticed(this.nodes);
    await Promise.all(this.nodes.map((node) => node.synced()));
  }

  /** Waits until these nodes see one another and nobody else. */
  async noticed(nodes: GaleraNode[]): Promise<void> {
    const sizes = () => Promise.all(nodes.map((node) => node.clusterSize()));
    await until(
      async () => {
        await sleep(ASK_EVERY_MS);
        return (await sizes()).every((size) => size === nodes.length);
      },
      () => nodes.map((node) => node.log().slice(-1_000)).join('\n'),
      READY_WITHIN_MS,
    );
  }

  /** The node that HAProxy hands connections to. */
  async writer(): Promise<GaleraNode> {
    const connection = await mysql.createConnection({ uri: this.databaseUrl, connectTimeout: 5_000 });
    try {
      const [[row]] = await connection.query<RowDataPacket[]>('SELECT @@wsrep_node_name AS name');
      return this.nodes.find(({ name }) => name === row?.name) as GaleraNode;
    } finally {
      connection.destroy();
    }
  }

  /** The checksum of every table, by node. */
  async checksums(): Promise<Record<string, string>[]> {
    const tables = (await this.#first.query(`SHOW TABLES FROM ${DATABASE}`)).flatMap((row) => Object.values(row) as string[]);
    const names = tables.map((table) => `${DATABASE}.${table}`).join(', ');
    return Promise.all(
      this.nodes.map(async (node) =>
        Object.fromEntries((await node.query(`CHECKSUM TABLE ${names}`)).map(({ Table, Checksum }) => [Table, String(Checksum)])),
      ),
    );
  }

  /** Ends everything and removes all data. */
  async remove(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.stop('SIGKILL')));
    await this.haproxy.stop();
    await this.galera.end();
    rmSync(this.folder, { recursive: true, force: true });
  }

  get #first(): GaleraNode {
    return this.nodes[0] as GaleraNode;
  }
}
