import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import mysql, { type Connection, type RowDataPacket } from 'mysql2/promise';
import { until } from './process.ts';
import { lowlyUser } from './unprivileged.ts';

const READY_WITHIN_MS = 90_000;
/** As much of the log as a failure tells. */
const TOLD = 1_500;
const ASK_EVERY_MS = 100;
const STATE = "SHOW STATUS LIKE 'wsrep_local_state_comment'";

/** Where a node is, and what it is started with. */
export interface NodePlace {
  name: string;
  /** Its data is in the folder `data` in here. */
  folder: string;
  /** For connections to the database, on the loopback. */
  port: number;
  /** Of the program that starts it. */
  script: string;
  options: string[];
}

/** A node of a cluster, on its own data directory. Its process is ended and started again as a test likes. */
export class GaleraNode {
  readonly name: string;
  readonly port: number;
  readonly #place: NodePlace;
  #process: ChildProcess | undefined;

  constructor(place: NodePlace) {
    this.name = place.name;
    this.port = place.port;
    this.#place = place;
  }

  get pid(): number {
    return this.#process?.pid as number;
  }

  /** Where its data is. */
  get data(): string {
    return join(this.#place.folder, 'data');
  }

  /** Whether its process is there, frozen or not. */
  get isRunning(): boolean {
    return this.#process !== undefined && this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** Starts it, without waiting until it is in step. */
  launch(): void {
    const log = openSync(this.#logPath, 'a');
    // A group of its own: a copy of the data that is under way ends with it.
    this.#process = spawn('/bin/sh', [this.#place.script, ...this.#place.options], {
      ...this.#surroundings,
      stdio: ['ignore', log, log],
      detached: true,
    });
    closeSync(log);
  }

  /** Starts it, and waits until it is in step with the others. */
  async start(): Promise<void> {
    this.launch();
    await this.synced();
  }

  /** Waits until it is in step with the others. @throws at once when its process has ended */
  async synced(): Promise<void> {
    await until(
      async () => {
        if (!this.isRunning) throw new Error(`${this.name} ended: ${this.log().slice(-TOLD)}`);
        if ((await this.state()) === 'Synced') return true;
        await sleep(ASK_EVERY_MS);
        return false;
      },
      () => `${this.name}: ${this.log().slice(-TOLD)}`,
      READY_WITHIN_MS,
    );
  }

  /** What it says of itself, such as `Synced`; undefined when it does not answer. */
  async state(): Promise<string | undefined> {
    return this.query(STATE).then(
      ([row]) => row?.Value as string,
      () => undefined,
    );
  }

  /** How many nodes it sees together with itself; undefined when it does not answer. */
  async clusterSize(): Promise<number | undefined> {
    return this.query("SHOW STATUS LIKE 'wsrep_cluster_size'").then(
      ([row]) => Number(row?.Value),
      () => undefined,
    );
  }

  /** Runs SQL on this node, with all rights. */
  async query(sql: string, parameters: unknown[] = []): Promise<RowDataPacket[]> {
    const connection = await this.connect();
    try {
      const [rows] = await connection.query<RowDataPacket[]>({ sql, timeout: 10_000 }, parameters);
      return rows;
    } finally {
      connection.destroy();
    }
  }

  /** A connection with all rights. It is the caller's to end. */
  async connect(): Promise<Connection> {
    const connection = await mysql.createConnection({
      socketPath: join(this.#place.folder, 'socket'),
      user: 'root',
      connectTimeout: 1_000,
    });
    connection.on('error', () => undefined);
    return connection;
  }

  /** Sends a signal, and waits for the end unless it is one that freezes or thaws. */
  async signal(signal: NodeJS.Signals): Promise<void> {
    if (!this.isRunning) return;
    const ended = new Promise((resolve) => this.#process?.once('exit', resolve));
    this.#process?.kill(signal);
    if (signal !== 'SIGSTOP' && signal !== 'SIGCONT') await ended;
  }

  /** Which write is the last on its disk, as `node.sh position` tells. Only while it does not run. */
  position(): { cluster: string; number: number } {
    const text = execFileSync('/bin/sh', [this.#place.script, 'position', ...this.#place.options], this.#surroundings)
      .toString()
      .trim();
    const [cluster = '', number] = text.split(':');
    return { cluster, number: Number(number) };
  }

  /** Lets its next start begin the cluster, as `node.sh bootstrap` does. */
  bootstrap(): void {
    execFileSync('/bin/sh', [this.#place.script, 'bootstrap'], this.#surroundings);
  }

  /** Everything it has logged. */
  log(): string {
    return existsSync(this.#logPath) ? readFileSync(this.#logPath, 'utf8') : '';
  }

  /** Ends it with whatever it has started. */
  async end(): Promise<void> {
    if (this.#process?.pid === undefined) return;
    const ended = this.isRunning ? new Promise((resolve) => this.#process?.once('exit', resolve)) : undefined;
    try {
      process.kill(-this.#process.pid, 'SIGKILL');
    } catch {
      // The whole group has ended before.
    }
    await ended;
  }

  /** Takes its data away, as a disk that died does. */
  loseData(): void {
    rmSync(this.data, { recursive: true });
    execFileSync('/bin/mkdir', [this.data], this.#surroundings);
  }

  get #logPath(): string {
    return join(this.#place.folder, 'log');
  }

  get #surroundings() {
    return { ...lowlyUser(), env: { PATH: process.env.PATH, DATA_DIR: this.data, TMPDIR: this.data, SERVER: 'mariadbd' } };
  }
}
