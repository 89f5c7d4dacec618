import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { buildEnvironment } from '../../../scripts/build-environment.mjs';
import { until } from '../../../testbed/process.js';
import { crewOf, logOf } from '../../../testbed/workers.js';

/** A server that somebody has started in a checkout. */
export interface CheckoutServer {
  pid: number;
  output(): string;
  stop(): Promise<void>;
}

/** Starts what is checked out in a folder as the documents say, and waits until both of its workers serve. */
export async function startCheckout(folder: string, settings: NodeJS.ProcessEnv): Promise<CheckoutServer> {
  const child = spawn('npm', ['start'], { cwd: folder, env: { ...buildEnvironment(process.env), ...settings, WORKERS: '2' } });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const ended = once(child, 'close');
  const server = { output: () => output };
  await until(() => {
    if (child.exitCode !== null) throw new Error(output);
    return crewOf(server).size === 2;
  }, server.output);
  const pid = Number(logOf(server).find(({ msg }) => msg === 'starting')?.pid);
  return {
    ...server,
    pid,
    stop: async () => {
      if (child.exitCode === null) process.kill(pid);
      await ended;
    },
  };
}
