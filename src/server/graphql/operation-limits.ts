import { ApolloArmor } from '@escape.tech/graphql-armor';
import { GraphQLError, type ValidationContext } from 'graphql';
import { OperationTooLarge } from './errors.js';

/** What an operation may cost. Each bound has room for every operation that the console and GraphiQL send. */
export const LIMITS = { lines: 2000, tokens: 1000, depth: 10, aliases: 15, directives: 20, recursiveSelections: 2000 };

/** The limits that GraphQL itself and Apollo hold know of no code: they are told by their sentences. */
const OTHERS: [pattern: RegExp, message: string][] = [
  [/^(Syntax Error: )?Document contains more tha[nt] \d+ tokens/, `The document has more than ${LIMITS.tokens} tokens.`],
  [
    /^(Operation "\w+"|Anonymous operation) recursively requests too many selections\.$/,
    `The document selects more than ${LIMITS.recursiveSelections} fields through its fragments.`,
  ],
  [/^Validation aborted\.$/, 'The document asks for the same fields too often.'],
];

/**
 * Requires that a document has no more lines than one can have that is no longer than it may be: with each error GraphQL counts those before it.
 * @throws {OperationTooLarge}
 */
export function requireFewLines(document: unknown): void {
  if (typeof document !== 'string' || (document.match(/\r\n?|\n/g)?.length ?? 0) < LIMITS.lines) return;
  throw new OperationTooLarge(`The document has more than ${LIMITS.lines} lines.`);
}

/** Validation that holds an operation to {@link LIMITS}, and says so by a code. */
export function operationLimits(): ReturnType<ApolloArmor['protect']> {
  const tell = (limit: string) => ({ propagateOnRejection: false, onReject: [report(`The operation has ${limit}.`)] });
  return new ApolloArmor({
    blockFieldSuggestion: { enabled: false },
    costLimit: { enabled: false },
    maxAliases: { n: LIMITS.aliases, ...tell(`more than ${LIMITS.aliases} aliases`) },
    maxDepth: { n: LIMITS.depth, ...tell(`a depth of more than ${LIMITS.depth}`) },
    maxDirectives: { n: LIMITS.directives, ...tell(`more than ${LIMITS.directives} directives`) },
    maxTokens: { enabled: false },
  }).protect();
}

/** The limit that an error of a library is about; undefined when it is about something else. */
export function exceededLimit({ message }: Error): OperationTooLarge | undefined {
  const found = OTHERS.find(([pattern]) => pattern.test(message));
  return found && new OperationTooLarge(found[1]);
}

function report(message: string) {
  return (context: ValidationContext | null) =>
    context?.reportError(new GraphQLError(message, { originalError: new OperationTooLarge(message) }));
}
