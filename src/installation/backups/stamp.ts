/** The present moment as a part of a name: 20261124T144036123, in UTC. */
export function stamp(): string {
  return new Date().toISOString().replace(/[-:.Z]/g, '');
}
