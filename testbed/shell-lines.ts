import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The shell lines below a heading of a document, those of all its blocks. @throws when there are none */
export function shellLinesBelow(heading: string, document: string): string {
  const text = readFileSync(join(import.meta.dirname, '..', document), 'utf8');
  const section = text.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? '';
  const blocks = [...section.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, lines]) => lines);
  if (blocks.length === 0) throw new Error(`${document} has nothing to do below "${heading}"`);
  return blocks.join('\n');
}
