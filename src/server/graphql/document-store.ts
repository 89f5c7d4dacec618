import type { ApolloServerOptions } from '@apollo/server';
import type { DocumentNode, Token } from 'graphql';
import { LRUCache } from 'lru-cache';

/** What Apollo keeps documents in. */
type DocumentStore = NonNullable<ApolloServerOptions<object>['documentStore']>;

/** Far more than the documents of a console, an explorer and some scripts. */
const MOST_DOCUMENTS = 500;
const MOST_BYTES = 16 * 1024 * 1024;
const MOST_BYTES_OF_ONE = 1024 * 1024;
/** What a token holds on to at most, with the nodes that are made of it; measured. */
export const BYTES_OF_A_TOKEN = 600;
/** What a character of a text does. */
export const BYTES_OF_A_CHARACTER = 2;

/**
 * The cache of documents. It keeps those that were asked last, read and found valid, so that they need not be again. It is bounded by what
 * they hold on to: their text, comments and all, and their tokens, of which a text may have many or few. Apollo's own store
 * counts neither, so that anybody could fill the memory.
 */
export function createDocumentStore(): DocumentStore {
  const documents = new LRUCache<string, DocumentNode>({
    max: MOST_DOCUMENTS,
    maxSize: MOST_BYTES,
    maxEntrySize: MOST_BYTES_OF_ONE,
    sizeCalculation: bytesOf,
  });
  return {
    get: async (key) => documents.get(key),
    set: async (key, document) => void documents.set(key, document),
    delete: async (key) => documents.delete(key),
  };
}

function bytesOf({ loc }: DocumentNode): number {
  if (!loc) return MOST_BYTES;
  let tokens = 0;
  for (let token: Token | null = loc.startToken; token; token = token.next) tokens += 1;
  return tokens * BYTES_OF_A_TOKEN + (loc.source.body.length + 1) * BYTES_OF_A_CHARACTER;
}
