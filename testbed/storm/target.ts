import { join } from 'node:path';
import { createTestDatabase, type TestDatabase } from '../database.js';
import { startProcess, type TestProcess, until } from '../process.js';
import { Actors } from './actors.js';
import type { Input } from './input.js';
import { Inspector } from './inspector.js';
import { processorMs } from './processor.js';
import { Tally } from './tally.js';
import { BOUND_MS, faultOf, PROCESSOR_BOUND_MS } from './verdict.js';
import { type Reply, Sender, toBytes } from './wire.js';

const PRELOAD = join(import.meta.dirname, 'loopback-only.cjs');
/** After so many inputs whoever was locked out is let in again. */
const RENEW_EVERY = 300;
/** Sooner, but not after fewer than this, when the administrator's token is worth nothing any more. */
const RENEW_AT_ONCE_AFTER = 25;

/** So often what was slow is asked again, with nobody beside it. */
const TIMES_ALONE = 3;

/** What an input took: of the time, and of the server's processor. */
interface Cost {
  milliseconds: number;
  processorMs: number;
}

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
    const { reply, cost } = await this.#together(() => this.#measure(sender, input));
    this.tally.count(input, reply);
    this.#noticeLockout(input, reply);
    const fault = this.#faultOf(input, reply) ?? (await this.#slowness(sender, input, cost));
    // What came before on the same connection may be what is at fault.
    if (fault) throw new Error(`${fault}\n${reply.text.slice(0, 1500)}\nafter ${JSON.stringify(previous)?.slice(0, 1500)}`);
  }

  /** Sends inputs of which nothing is asked: what is slow the first time alone is no matter of an input's. */
  async warmUp(inputs: readonly Input[]): Promise<void> {
    const sender = this.sender(0);
    for (const input of inputs) await this.#send(sender, input);
    sender.close();
    await this.renew();
  }

  /** Makes all anew that the storm took from those in whose name it speaks. A limit of a tenant's keeps it from being lifted by itself. */
  async renew(): Promise<void> {
    await this.database.query('UPDATE tenants SET max_clients = NULL, max_mutations_a_minute = NULL, max_record_bytes_a_day = NULL');
    await this.actors.renew();
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

  /** What the server did for others in the meantime is counted with it: no input takes more than this. */
  async #measure(sender: Sender, input: Input): Promise<{ reply: Reply; cost: Cost }> {
    const before = processorMs(this.server.child.pid as number);
    const reply = await this.#send(sender, input);
    const { pid, exitCode, signalCode } = this.server.child;
    const isGone = exitCode !== null || signalCode !== null;
    return { reply, cost: { milliseconds: reply.milliseconds, processorMs: isGone ? 0 : processorMs(pid as number) - before } };
  }

  #faultOf(input: Input, reply: Reply): string | undefined {
    if (this.server.child.exitCode !== null || this.server.child.signalCode !== null) return 'the process is gone';
    return faultOf(input, reply, this.actors.secrets);
  }

  /**
   * What was slow is asked again while nobody else asks: a machine may be busy and rubbish be collected, a server may not be
   * stuck. It is never quite the same, so that nothing of it is remembered.
   */
  async #slowness(sender: Sender, input: Input, cost: Cost): Promise<string | undefined> {
    if (isWithin(cost)) return undefined;
    const costs = [cost];
    for (let time = 1; time <= TIMES_ALONE; time += 1) {
      costs.push((await this.#byItself(() => this.#measure(sender, vary(input, this.tally.inputs * TIMES_ALONE + time)))).cost);
      if (isWithin(costs.at(-1) as Cost)) break;
    }
    const told = costs.map(({ milliseconds, processorMs }) => `${Math.round(milliseconds)} ms (${processorMs} ms of the processor)`);
    this.tally.countSlow(input, told);
    return isWithin(costs.at(-1) as Cost) ? undefined : `no end after ${told.join(', and alone after ')}`;
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
    await this.#byItself(() => this.renew());
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

function isWithin({ milliseconds, processorMs }: Cost): boolean {
  return milliseconds <= BOUND_MS && processorMs <= PROCESSOR_BOUND_MS;
}

/** The same question in another document. */
function vary(input: Input, number: number): Input {
  if (input.part !== 'graphql' || input.body === undefined) return input;
  return { ...input, body: input.body.replace('"query":"', `"query":"#${number}\\n`) };
}
