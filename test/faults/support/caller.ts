import { Agent, request } from 'node:http';

const PATIENCE_MS = 30_000;

/** An answer as it came, or why none came. */
export interface Reply {
  url: string;
  /** Undefined when no answer came to its end. */
  status?: number;
  text: string;
  headers: Record<string, string | string[] | undefined>;
  /** The code of the fault when the connection broke, could not be had, or nobody answered. */
  error?: string;
}

/** What is asked. */
export interface Question {
  method?: string;
  path: string;
  headers?: Record<string, string>;
  body?: string;
}

/** How somebody asks. */
export interface Manner {
  /** Which of the servers is asked first. */
  start?: number;
  /** How long to wait for an answer. */
  patienceMs?: number | undefined;
  /** Whether the connection is kept open for the next request. */
  keepsOpen?: boolean;
}

/** Somebody who asks one after another over one connection, and asks the next server when it breaks. */
export class Caller {
  readonly #agent: Agent;
  readonly #patienceMs: number;
  #index: number;

  constructor(
    private readonly issuer: string,
    private readonly urls: readonly string[],
    { start = 0, patienceMs = PATIENCE_MS, keepsOpen = true }: Manner = {},
  ) {
    this.#agent = new Agent({ keepAlive: keepsOpen, maxSockets: 1 });
    this.#patienceMs = patienceMs;
    this.#index = start % urls.length;
  }

  /** Asks under the name of the issuer, whichever server that goes to. It never throws. */
  async ask(question: Question): Promise<Reply> {
    const reply = await this.#send(this.urls[this.#index] as string, question);
    if (reply.error) this.#index = (this.#index + 1) % this.urls.length;
    return reply;
  }

  close(): void {
    this.#agent.destroy();
  }

  #send(url: string, { method = 'GET', path, headers = {}, body }: Question): Promise<Reply> {
    return new Promise((resolve) => {
      let text = '';
      const fail = (error: NodeJS.ErrnoException) => resolve({ url, text, headers: {}, error: error.code ?? error.message });
      const outgoing = request(
        url + path,
        { agent: this.#agent, method, headers: { host: new URL(this.issuer).host, ...headers } },
        (response) => {
          response.setEncoding('utf8').on('data', (chunk) => (text += chunk));
          response.on('error', fail);
          response.on('end', () => resolve({ url, status: response.statusCode as number, text, headers: response.headers }));
        },
      );
      outgoing.setTimeout(this.#patienceMs, () => outgoing.destroy(Object.assign(new Error(), { code: 'NO_ANSWER' })));
      outgoing.on('error', fail).end(body);
    });
  }
}
