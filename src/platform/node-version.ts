const OLDEST_NODE = 22;

/**
 * Stops the process with one sentence when this Node cannot run the server. Called before anything
 * else is loaded, because a native module crashes on an older one instead of saying so.
 */
export function requireNode(version = process.versions.node): void {
  if (Number.parseInt(version, 10) >= OLDEST_NODE) return;
  process.stderr.write(
    `Latchkey needs Node ${OLDEST_NODE} or later and this is Node ${version}: start it with "npm start", which brings its own Node, or install a newer one.\n`,
  );
  process.exit(1);
}
