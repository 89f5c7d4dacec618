import type { FileHandle } from 'node:fs/promises';

const PIECE_BYTES = 262_144;
/** Memory: a file that has no end of a line is not read further. A line of ours has a quarter of a megabyte, or one row. */
const LONGEST_LINE = 67_108_864;
const LINE_FEED = 10;

/**
 * The lines of a file without their ends, from where it stands.
 * @param explain makes the error that is thrown for a line that is too long or has no end
 */
export async function* readLines(file: FileHandle, explain: () => Error): AsyncGenerator<Buffer, undefined> {
  let pieces: Buffer[] = [];
  let length = 0;
  for (;;) {
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(PIECE_BYTES), 0, PIECE_BYTES, null);
    if (bytesRead === 0) break;
    let rest = buffer.subarray(0, bytesRead);
    for (let at = rest.indexOf(LINE_FEED); at >= 0; at = rest.indexOf(LINE_FEED)) {
      yield Buffer.concat([...pieces, rest.subarray(0, at)]);
      rest = rest.subarray(at + 1);
      [pieces, length] = [[], 0];
    }
    pieces.push(rest);
    length += rest.length;
    if (length > LONGEST_LINE) throw explain();
  }
  if (length > 0) throw explain();
  return undefined;
}
