import { unwrapResolverError } from '@apollo/server/errors';
import { GraphQLError } from 'graphql';
import { AppError, type FieldFault } from '../../platform/errors.js';

/**
 * What GraphQL itself refuses of a request while it runs it, such as a variable that is null where nothing may be.
 * It gives no code to that, nor to what goes wrong inside; but it knows of the former by itself, and of the latter by
 * an error that somebody threw.
 * @returns the values at fault as far as GraphQL names them; undefined when the error is something else
 */
export function refusalOf(error: unknown): FieldFault[] | undefined {
  if (!(error instanceof GraphQLError) || error.extensions.code !== undefined) return undefined;
  const cause = unwrapResolverError(error);
  const isOfRequest = error.path === undefined && error.originalError === undefined;
  // A value of ours that does not fit its type has no place in the document.
  const isOfDocument = cause instanceof GraphQLError && cause !== error && cause.nodes !== undefined && cause.originalError === undefined;
  if (!isOfRequest && !isOfDocument) return undefined;
  const path = /^Argument "(\w+)"/.exec(error.message)?.[1];
  return path === undefined ? [] : [{ path, message: error.message }];
}

/**
 * Looks at an operation before anything of it is done, and refuses all of it for what is thrown.
 * @throws {GraphQLError}
 */
export function refusingAll(look: () => void): void {
  try {
    look();
  } catch (cause) {
    refuseAll(cause);
  }
}

/** Refuses a whole operation, with 400 where no code says another status: Apollo takes no other errors than GraphQL's for those of it. */
export function refuseAll(cause: unknown): never {
  if (!(cause instanceof AppError)) throw cause;
  throw new GraphQLError(cause.message, { originalError: cause, extensions: { http: { status: 400 } } });
}
