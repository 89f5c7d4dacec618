import type { GraphiQLProps } from 'graphiql';

/**
 * What GraphiQL keeps, kept in memory. Its own choice would be localStorage, which every script of
 * this origin can read and which outlives the person at the screen.
 */
export function createMemoryStorage(): NonNullable<GraphiQLProps['storage']> {
  const items = new Map<string, string>();
  return {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
    clear: () => items.clear(),
    get length() {
      return items.size;
    },
  };
}
