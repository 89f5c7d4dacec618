import type { ApolloServerOptions } from '@apollo/server';
import type { DocumentNode } from 'graphql';
import { LRUCache } from 'lru-cache';

/** What Apollo keeps documents in. */
type DocumentStore = NonNullable<ApolloServerOptions<object>['documentStore']>;

/** Far more than the documents of a console, an explorer and some scripts. */
const MOST_DOCUMENTS = 500;
const MOST_CHARACTERS = 500_000;
const LONGEST_CHARACTERS = 20_000;

/**
 * Keeps the documents that were asked last, read and found valid, so that they need not be again. It is bounded by
 * their text, comments and all, which each document holds on to: Apollo's own store counts the rest, so that anybody
 * could fill the memory with documents that are long and say little.
 */
export function createDocumentStore(): DocumentStore {
  const documents = new LRUCache<string, DocumentNode>({
    max: MOST_DOCUMENTS,
    maxSize: MOST_CHARACTERS,
    maxEntrySize: LONGEST_CHARACTERS,
    sizeCalculation: ({ loc }) => (loc ? loc.source.body.length : MOST_CHARACTERS) + 1,
  });
  return {
    get: async (key) => documents.get(key),
    set: async (key, document) => void documents.set(key, document),
    delete: async (key) => documents.delete(key),
  };
}
