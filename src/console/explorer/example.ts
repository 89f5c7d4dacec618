/** An operation that waits in a tab. */
export interface Example {
  /** The field of the API that it calls, and what its tab is called. */
  name: string;
  query: string;
  variables: Record<string, unknown>;
}
