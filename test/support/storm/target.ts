import { join } from 'node:path';
import { createTestDatabase, type TestDatabase } from '../database.js';
import { startProcess, type TestProcess, until } from '../process.js';
import { Actors } from './actors.js';
import type { Input } from './input.js';
import { Inspector } from './inspector.js';
import { Tally } from './tally.js';
import { BOUND_MS, faultOf } from './verdict.js';
import { type Reply, Sender, toBytes } from './wire.js';

const PRELOAD = join(import.meta.dirname, 'loopback-only.cjs');
/** After so many inputs whoever was locked out is let in again. */
const RENEW_EVERY = 300;
/** Sooner, but not after fewer than this, when the administrator's token is worth nothing any more. */
const RENEW_AT_ONCE_AFTER = 25;

/** A server as it would run, and those who write to it. */
export class Target {
  readonly tally = new Tally();
  #sinceRenewal = 0;
  #isLockedOut = false;
  #underWay = 0;
  /** While one is alone, the others wait for it. */
  #alone: Promise<void> | undefined;

  private constructor(
    readonly database: TestDatabase,
    readonly server: TestProcess,
    readonly actors: Actors,
    readonly inspector: Inspector,
  ) {}

  /** Starts a server that counts failures and waits for nobody, on a database of its own. */
  static async start(): Promise<Target> {
    const database = await createTestDatabase();
    const server = await startProcess(database, {
      FAILURE_LIMIT: '1000000',
      NODE_OPTIONS: `--inspect=127.0.0.1:0 --require=${PRELOAD}`,
    });
    await server.ready();
    await until(() => server.printedSecret() !== undefined, server.output);
    const [inspected = ''] = /ws:\/\/127\.0\.0\.1:\S+/.exec(server.output()) ?? [];
    const admin = { clientId: 'admin', secret: server.printedSecret() as string };
    return new Target(database, server, await Actors.assemble(server.url, admin), await Inspector.attach(inspected));
  }

  /** One who sends from an address of their own. */
  sender(index: number): Sender {
    return new Sender(this.server.port, `127.0.0.${index + 2}`);
  }

  /** Sends an input. @throws {Error} that says what is wrong with what came of it */
  async judge(sender: Sender, input: Input): Promise<void> {
    await this.#renewWhenDue();
    const { previous } = sender;
    const reply = await this.#together(() => this.#send(sender, input));
    this.tally.count(input, reply);
    this.#noticeLockout(input, reply);
    const fault = this.#faultOf(input, reply) ?? (await this.#slowness(sender, input, reply));
    // What came before on the same connection may be what is at fault.
    if (fault) throw new Error(`${fault}\n${reply.text.slice(0, 1500)}\nafter ${JSON.stringify(previous)?.slice(0, 1500)}`);
  }

  async stop(): Promise<void> {
    this.inspector.close();
    await this.server.stop();
    await this.database.remove();
  }

  async #send(sender: Sender, input: Input): Promise<Reply> {
    const fill = await this.actors.fill(JSON.stringify(input));
    return sender.send(input, toBytes(input, fill));
  }

  #faultOf(input: Input, reply: Reply): string | undefined {
    if (this.server.child.exitCode !== null || this.server.child.signalCode !== null) return 'the process is gone';
    return faultOf(input, reply, this.actors.secrets);
  }

  /** What was slow is asked once more while nobody else asks: a machine may be busy, a server may not be stuck. */
  async #slowness(sender: Sender, input: Input, { milliseconds }: Reply): Promise<string | undefined> {
    if (milliseconds <= BOUND_MS) return undefined;
    const again = await this.#byItself(() => this.#send(sender, input));
    this.tally.countSlow(input, [milliseconds, again.milliseconds]);
    if (again.milliseconds <= BOUND_MS) return undefined;
    return `no end after ${Math.round(milliseconds)} ms, and after ${Math.round(again.milliseconds)} ms once more, alone`;
  }

  #noticeLockout(input: Input, { statuses }: Reply): void {
    this.#sinceRenewal += 1;
    if (input.part !== 'graphql' || !statuses.includes(401)) return;
    this.#isLockedOut ||= input.headers
      .filter(([name]) => name === 'Authorization')
      .every(([, value]) => value === 'Bearer @@adminToken@@');
  }

  async #renewWhenDue(): Promise<void> {
    if (this.#sinceRenewal < (this.#isLockedOut ? RENEW_AT_ONCE_AFTER : RENEW_EVERY)) return;
    this.#sinceRenewal = 0;
    this.#isLockedOut = false;
    await this.#byItself(() => this.actors.renew());
  }

  async #together<T>(work: () => Promise<T>): Promise<T> {
    while (this.#alone) await this.#alone;
    this.#underWay += 1;
    return work().finally(() => {
      this.#underWay -= 1;
    });
  }

  async #byItself<T>(work: () => Promise<T>): Promise<T> {
    while (this.#alone) await this.#alone;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#alone = promise;
    try {
      await until(() => this.#underWay === 0);
      return await work();
    } finally {
      this.#alone = undefined;
      resolve();
    }
  }
}
