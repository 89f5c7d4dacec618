import { mkdirSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { say } from './programs.mjs';
import { VERSIONS } from './versions.mjs';

/** Relative, because the path of a socket may have a hundred characters at most. */
const DOOR = join(VERSIONS, 'turn');

/**
 * Does work while no other set-up of this checkout does. A socket is the sign, since it ends with its process, however that ends. It only
 * spares work: where there are no sockets, or two come at once upon that of a dead one, both work, each in a folder of its own.
 * @param {() => Promise<void>} work
 */
export async function inTurn(work) {
  mkdirSync(VERSIONS, { recursive: true });
  for (;;) {
    const held = await take();
    if (held) {
      await work();
      await held.end();
      return;
    }
    if (!(await endOfOther())) rmSync(DOOR, { force: true });
  }
}

/** Others wait as long as their connection is open. @returns {Promise<{ end(): Promise<void> } | undefined>} nothing when another has it */
function take() {
  return new Promise((resolve) => {
    const waiting = new Set();
    const server = createServer((other) => waiting.add(other.on('error', () => {})));
    const end = async () => {
      const closed = new Promise((done) => server.close(done));
      for (const other of waiting) other.destroy();
      await closed;
    };
    server.once('error', ({ code }) => resolve(code === 'EADDRINUSE' ? undefined : { end: async () => {} }));
    server.listen(DOOR, () => resolve({ end }));
  });
}

/** Waits until the other ends. @returns {Promise<boolean>} whether there was one */
function endOfOther() {
  return new Promise((resolve) => {
    const socket = connect(DOOR);
    let isThere = false;
    socket.once('connect', () => {
      isThere = true;
      say('Another command prepares this checkout: waiting for it …');
    });
    socket.on('error', () => {});
    socket.once('close', () => resolve(isThere));
    socket.resume();
  });
}
