/** Where a client's page is. In the query, because "." and ".." are client ids and mean something else in a path. */
export function addressOf(clientId: string): string {
  return `/client?id=${encodeURIComponent(clientId)}`;
}
