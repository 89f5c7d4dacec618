import { ERROR_CODES } from '../src/platform/error-codes.js';

/** What came back of a request, read to the end. */
export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever came back
  body: any;
}

/**
 * Reads an answer; `body` is its JSON, undefined when it is something else. An error of GraphQL has to have a code that is
 * listed, and the status that is listed for it.
 */
export async function readAnswer(response: Promise<Response>): Promise<Answer> {
  const { status, headers, ...rest } = await response.then(async (answer) => ({
    status: answer.status,
    headers: answer.headers,
    text: await answer.text(),
  }));
  const body = parse(rest.text);
  requireListed(status, body);
  return { status, headers, ...rest, body };
}

function requireListed(status: number, body: unknown): void {
  const { errors } = (body ?? {}) as { errors?: { extensions?: { code?: string } }[] };
  if (!Array.isArray(errors)) return;
  const statuses = errors.map(({ extensions }) => (ERROR_CODES as Record<string, readonly number[]>)[extensions?.code ?? ''] ?? []);
  if (!statuses.some((listed) => listed.includes(status)))
    throw new Error(`not as docs/errors.md has it: ${status} ${JSON.stringify(errors)}`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
