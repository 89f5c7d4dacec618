import { CombinedGraphQLErrors, type ErrorLike, ServerError } from '@apollo/client';
import { faultInWords } from '../words/api-terms';
import { inWords } from '../words/duration';

/** What became of a request that failed. */
export type FailureKind = 'away' | 'signed-out' | 'busy' | 'refused' | 'broken';

/** A fault of one input value: where it is, such as `input.name`, and what to change. */
export interface FieldFault {
  path: string;
  message: string;
}

/** A request that failed, in words for the person who wanted it. */
export interface Failure {
  kind: FailureKind;
  /** The stable code of the API; absent when the answer did not come from it. */
  code?: string | undefined;
  /** What happened. Whether anything changed is for the caller to add. */
  sentence: string;
  faults: readonly FieldFault[];
  /** When to try again; absent when nobody said. */
  retryAfterSeconds?: number | undefined;
}

/** What a failed operation means for the person at the page. */
export function toFailure(error: ErrorLike | unknown): Failure {
  if (CombinedGraphQLErrors.is(error)) return ofGraphQL(error);
  if (ServerError.is(error)) return ofStatus(error);
  return { kind: 'away', sentence: 'The server cannot be reached.', faults: [] };
}

/** Whether a request that failed like this may have been carried out all the same. */
export function isOutcomeUnknown({ kind }: Failure): boolean {
  return kind === 'away' || kind === 'broken';
}

function ofGraphQL({ errors }: CombinedGraphQLErrors): Failure {
  const [first] = errors;
  const code = String(first?.extensions?.code ?? '');
  const told = (first?.extensions?.fields ?? []) as FieldFault[];
  const faults = told.map(({ path, message }) => ({ path, message: faultInWords(path, message) }));
  const known = { code, sentence: sentenceOf(faults) || (first?.message ?? 'The server failed to answer.'), faults };
  if (code === 'UNAUTHENTICATED') return { ...known, kind: 'signed-out', sentence: SIGNED_OUT };
  if (code === 'FORBIDDEN') return { ...known, kind: 'refused', sentence: 'You do not have the right to do this.' };
  if (code === 'DATABASE_UNAVAILABLE') return { ...known, kind: 'busy' };
  return { ...known, kind: code === 'INTERNAL_SERVER_ERROR' ? 'broken' : 'refused' };
}

/** What is wrong with the inputs, without the names that these have in the API. */
function sentenceOf(faults: readonly FieldFault[]): string {
  return [...new Set(faults.map(({ message }) => message))].join(' ');
}

function ofStatus({ statusCode, response, bodyText }: ServerError): Failure {
  const { code: known, message } = errorIn(bodyText);
  const retryAfterSeconds = Number(response.headers.get('retry-after')) || undefined;
  const wait = retryAfterSeconds ? `in ${inWords(retryAfterSeconds)}` : 'in a moment';
  const shared = { code: known, faults: [], retryAfterSeconds };
  if (statusCode === 401) return { ...shared, kind: 'signed-out', sentence: SIGNED_OUT };
  if (statusCode === 403) return { ...shared, kind: 'refused', sentence: 'The server refuses requests from this page. Reload it.' };
  if (statusCode === 429) {
    const sentence = known === 'TENANT_LIMIT' && message ? message : `There were too many requests. It can be tried again ${wait}.`;
    return { ...shared, kind: 'busy', sentence };
  }
  if (statusCode === 503)
    return { ...shared, kind: 'busy', sentence: `The server is busy or its database is away. It can be tried again ${wait}.` };
  if (statusCode === 421) return { ...shared, kind: 'refused', sentence: 'This tenant is not served any more.' };
  return { ...shared, kind: 'broken', sentence: `The server failed (status ${statusCode}).` };
}

const SIGNED_OUT = 'The session has ended.';

/** What the API says of a refusal, where the answer is its own. */
function errorIn(body: string): { code?: string; message?: string } {
  try {
    const { message, extensions } = JSON.parse(body).errors[0];
    return { message, code: extensions?.code };
  } catch {
    return {};
  }
}
