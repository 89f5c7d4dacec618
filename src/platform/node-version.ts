/**
 * The oldest of each line that counts the headers of a request as they were sent, and with what else was mended by then. Lines
 * that are not named have come to their end, or are newer.
 * @see https://nodejs.org/en/about/previous-releases
 */
export const OLDEST_NODES = ['22.23.2', '24.18.1', '26.5.1'] as const;

/**
 * Stops the process with one sentence when this Node cannot run the server. Called before anything
 * else is loaded, because a native module crashes on an older one instead of saying so.
 */
export function requireNode(version = process.versions.node): void {
  if (isNodeToRun(version)) return;
  process.stderr.write(
    `Latchkey needs Node ${OLDEST_NODES.join(', ')} or a later one of these lines, and this is Node ${version}: start it with "npm start", which brings its own Node, or install a newer one.\n`,
  );
  process.exit(1);
}

function isNodeToRun(version: string): boolean {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  const lines = OLDEST_NODES.map((oldest) => oldest.split('.').map(Number) as [number, number, number]);
  const line = lines.find(([of]) => of === major);
  if (!line) return major > Math.max(...lines.map(([of]) => of));
  return minor > line[1] || (minor === line[1] && patch >= line[2]);
}
