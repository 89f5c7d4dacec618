import { createTestDatabase, kind, type TestDatabase } from '../../../testbed/database.js';
import { freePort } from '../../../testbed/free-port.js';
import { startProcess, type TestProcess } from '../../../testbed/process.js';
import { Ledger, type Pair } from './ledger.js';

/** Whether fewer rounds will do: not everybody has minutes. */
const IS_SHORT = process.env.CI === 'true';

/** The administrator of every server that a fault is caused on. */
export const ADMIN: Pair = { clientId: 'admin', secret: 'of the fault suite: 32 characters or more' };

/** How often something is done: `FAULT_ROUNDS` when it is set, fewer times with `CI=true`. */
export function rounds(full: number, short: number): number {
  return Number(process.env.FAULT_ROUNDS ?? (IS_SHORT ? short : full));
}

/** How long a fault lasts: shorter with `CI=true`, and still longer than anybody waits. */
export function lasting(fullMs: number, shortMs = 6_000): number {
  return IS_SHORT ? shortMs : fullMs;
}

/** Prints what was measured, in one line. */
export function measured(what: string, values: object): void {
  process.stdout.write(`measured: ${kind}: ${what}: ${JSON.stringify(values)}\n`);
}

/** A server to cause faults on, with a ledger beside it. */
export interface Subject {
  database: Pick<TestDatabase, 'url' | 'folder'>;
  issuer: string;
  ledger: Ledger;
  /** The process that runs now. */
  server: TestProcess;
  /** Starts another process for the same issuer, at the same port or another. */
  start(settings?: Record<string, string | undefined>): Promise<TestProcess>;
  remove(): Promise<void>;
}

/** Starts a server. @param database an empty one of the running project's kind when absent */
export async function startSubject(
  settings: Record<string, string | undefined> = {},
  database?: Pick<TestDatabase, 'url' | 'folder'>,
): Promise<Subject> {
  const own = database ? undefined : await createTestDatabase();
  const on = database ?? (own as TestDatabase);
  const port = await freePort();
  const issuer = `http://localhost:${port}`;
  const running = new Set<TestProcess>();
  const start = async (more: Record<string, string | undefined> = {}) => {
    const all = { ADMIN_CLIENT_SECRET: ADMIN.secret, FAILURE_LIMIT: '0', ISSUER: issuer, PORT: String(port), ...settings, ...more };
    const server = await startProcess(on, all);
    running.add(server);
    await server.ready();
    return server;
  };
  const ledger = new Ledger({ issuer, admin: ADMIN });
  return {
    database: on,
    issuer,
    ledger,
    server: await start(),
    start,
    remove: async () => {
      await Promise.all([...running].map((server) => server.stop('SIGKILL')));
      await own?.remove();
    },
  };
}
