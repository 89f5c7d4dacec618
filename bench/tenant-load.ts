import { Agent, type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Subject } from './subject.ts';
import { CLIENTS_OF_EACH, clientIdOf, hostOf } from './tenant-seed.ts';

const BODY = 'grant_type=client_credentials';

/** What a stretch of load came to. */
export interface Stretch {
  tokens: number;
  seconds: number;
  /** Milliseconds that each token took. */
  times: number[];
  /** Of the server's process, for each token. */
  processorMicroseconds: number;
}

/** Asks one server for tokens of all tenants, on connections that stay open. */
export class TenantLoad {
  readonly #agent = new Agent({ keepAlive: true });
  readonly #port: number;
  readonly #subject: Subject;
  readonly #secrets: readonly string[];

  /** @param secrets of all clients, those of one tenant after those of another */
  constructor(subject: Subject, secrets: readonly string[]) {
    this.#subject = subject;
    this.#secrets = secrets;
    this.#port = Number(new URL(subject.url).port);
  }

  /**
   * Gets a token and looks at who issued it.
   * @returns the milliseconds that it took
   */
  async token(tenant: number, client = 0): Promise<number> {
    const host = hostOf(tenant);
    const secret = this.#secrets[tenant * CLIENTS_OF_EACH + client];
    const headers = {
      host,
      authorization: `Basic ${btoa(`${clientIdOf(client)}:${secret}`)}`,
      'content-type': 'application/x-www-form-urlencoded',
      'content-length': BODY.length,
    };
    const began = performance.now();
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const options = { host: '127.0.0.1', port: this.#port, method: 'POST', path: '/connect/token', headers, agent: this.#agent };
      request(options, resolve).once('error', reject).end(BODY);
    });
    const body = await text(response);
    const took = performance.now() - began;
    const { access_token: token = '' } = JSON.parse(body) as { access_token?: string };
    const claims = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString();
    if (!claims.includes(`"iss":"http://${host}"`)) throw new Error(`${host} answers ${response.statusCode} ${body}`);
    return took;
  }

  /** Gets a token of one tenant after the other. @param lanes how many at a time */
  walk({ from, to, lanes }: { from: number; to: number; lanes: number }): Promise<Stretch> {
    let next = from;
    return this.#run(lanes, () => (next < to ? this.token(next++) : undefined));
  }

  /** Gets tokens of any client of any of the first so many tenants. @param lanes how many at a time */
  spread({ tenants, seconds, lanes }: { tenants: number; seconds: number; lanes: number }): Promise<Stretch> {
    const end = performance.now() + seconds * 1000;
    return this.#run(lanes, () => (performance.now() < end ? this.token(below(tenants), below(CLIENTS_OF_EACH)) : undefined));
  }

  /** Closes the connections. */
  close(): void {
    this.#agent.destroy();
  }

  async #run(lanes: number, next: () => Promise<number> | undefined): Promise<Stretch> {
    const times: number[] = [];
    const before = this.#subject.processorSeconds();
    const began = performance.now();
    const lane = async () => {
      for (let turn = next(); turn; turn = next()) times.push(await turn);
    };
    await Promise.all(Array.from({ length: lanes }, lane));
    const seconds = (performance.now() - began) / 1000;
    const processorMicroseconds = ((this.#subject.processorSeconds() - before) / times.length) * 1e6;
    return { tokens: times.length, seconds, times, processorMicroseconds };
  }
}

function below(end: number): number {
  return Math.floor(Math.random() * end);
}
