/** What a process holds, in bytes, after its rubbish was collected. */
export interface Holding {
  heap: number;
  resident: number;
}

/** Looks into a process that was started with `--inspect`: what is alive, not what waits to be collected. */
export class Inspector {
  #next = 0;
  readonly #waiting = new Map<number, (result: { usedSize?: number; result?: { value?: number } }) => void>();

  private constructor(private readonly socket: WebSocket) {
    socket.addEventListener('message', ({ data }) => {
      const { id, result } = JSON.parse(String(data));
      this.#waiting.get(id)?.(result);
    });
  }

  /** @param url as the process wrote it when it started */
  static async attach(url: string): Promise<Inspector> {
    const socket = new WebSocket(url);
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve);
      socket.addEventListener('error', reject);
    });
    return new Inspector(socket);
  }

  /** Collects twice: what a finalizer lets go of goes with the second. */
  async measure(): Promise<Holding> {
    for (const _ of [1, 2]) await this.#ask('HeapProfiler.collectGarbage');
    const { usedSize = 0 } = await this.#ask('Runtime.getHeapUsage');
    const { result } = await this.#ask('Runtime.evaluate', { expression: 'process.memoryUsage.rss()' });
    return { heap: usedSize, resident: result?.value ?? 0 };
  }

  close(): void {
    this.socket.close();
  }

  #ask(method: string, params: object = {}): Promise<{ usedSize?: number; result?: { value?: number } }> {
    const id = ++this.#next;
    this.socket.send(JSON.stringify({ id, method, params }));
    return new Promise((resolve) => this.#waiting.set(id, resolve));
  }
}
