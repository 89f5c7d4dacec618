import type { ApolloClient } from '@apollo/client';
import { AuditEventsDocument, type AuditFilter, type AuditRowFragment } from '../api/generated';

const PAGE_SIZE = 100;
const COLUMNS = [
  'at',
  'actorType',
  'actorId',
  'actorName',
  'action',
  'objectType',
  'objectId',
  'address',
  'requestId',
  'before',
  'after',
] as const;
/** What a spreadsheet would take for the beginning of a formula. */
const FORMULA = /^[=+\-@\t\r\n]/;

/**
 * Reads all entries that a filter leaves, page by page, as CSV (RFC 4180) in UTF-8.
 * @param onProgress is told how many there are so far
 * @see https://www.rfc-editor.org/rfc/rfc4180
 */
export async function exportCsv(
  api: ApolloClient,
  filter: AuditFilter,
  onProgress: (entries: number) => void,
): Promise<{ text: string; entries: number }> {
  const lines = [COLUMNS.join(',')];
  for (let after: string | null | undefined, hasMore = true; hasMore; ) {
    const { data } = await api.query({
      query: AuditEventsDocument,
      variables: { filter, first: PAGE_SIZE, after: after ?? null },
      fetchPolicy: 'no-cache',
    });
    if (!data) throw new Error('There was no answer.');
    lines.push(...data.auditEvents.nodes.map(toLine));
    onProgress(lines.length - 1);
    ({ endCursor: after, hasNextPage: hasMore } = data.auditEvents.pageInfo);
  }
  // Without the mark spreadsheets take it for another encoding.
  return { text: `\uFEFF${lines.join('\r\n')}\r\n`, entries: lines.length - 1 };
}

function toLine(event: AuditRowFragment): string {
  return COLUMNS.map((column) => toCell(event[column])).join(',');
}

/** A cell that a spreadsheet shows and does not calculate. */
function toCell(value: unknown): string {
  const text = value == null ? '' : typeof value === 'string' ? value : JSON.stringify(value);
  const harmless = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
