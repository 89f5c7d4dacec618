/** Where the explorer is. The API itself is posted to at the same address. */
export const EXPLORER_PATH = '/graphql';
