import type { SendHandle } from 'node:child_process';
import type { Worker } from 'node:cluster';

interface Message {
  act?: string;
  seq?: number;
  ack?: number;
}

type Connection = NonNullable<SendHandle> & { close?(): void };

/**
 * Watches the connections that the cluster sends to a worker. It sends them one by one and forgets the
 * one that is under way when the worker dies: its client would wait for ever.
 * @returns hands what the worker did not take to another, or closes it. The same message makes the
 * cluster go on as if it had gone there at first.
 */
export function watchConnections({ process: child }: Worker): (heir: Worker | undefined) => void {
  const underWay = new Map<number, { message: Message; connection: Connection }>();
  // A process that the system did not start has no channel.
  const send = child.send?.bind(child) as (...args: unknown[]) => boolean;
  child.send = (message: Message, connection?: unknown, ...rest: unknown[]) => {
    if (message.act === 'newconn' && message.seq !== undefined) {
      underWay.set(message.seq, { message, connection: connection as Connection });
    }
    return send(message, connection, ...rest);
  };
  child.on('internalMessage', ({ ack }: Message) => {
    if (ack !== undefined) underWay.delete(ack);
  });
  return (heir) => {
    for (const { message, connection } of underWay.values()) {
      if (heir) heir.process.send(message, connection);
      else connection.close?.();
    }
  };
}
