import type { Context } from 'koa';

/** Path of the GraphQL API and of the page that explores it, the same on every tenant's host. */
export const GRAPHQL_PATH = '/graphql';

/** What an answer of GraphQL is to whoever does not say what they take. */
export const LEGACY = 'application/json; charset=utf-8';
/** The status of an answer of this type says whether the operation was run. @see https://graphql.github.io/graphql-over-http/draft/ */
const STRICT = 'application/graphql-response+json; charset=utf-8';

/** The type in which a caller takes answers of GraphQL; undefined when it takes none. */
export function answerTypeOf(ctx: Context): string | undefined {
  return ctx.accepts(LEGACY, STRICT) || undefined;
}

/** Whether a caller takes answers whose status has to fit what they say. */
export function isStrict(ctx: Context): boolean {
  return answerTypeOf(ctx) === STRICT;
}

/** Whether a caller would rather see a page than an answer of GraphQL. */
export function prefersPage(ctx: Context): boolean {
  return ctx.accepts(LEGACY, STRICT, 'text/html') === 'text/html';
}
