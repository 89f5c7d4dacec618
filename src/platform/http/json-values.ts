const [QUOTE, ESCAPE, COMMA, LIST, OBJECT] = [...'"\\,[{'].map((character) => character.charCodeAt(0));

/** How many values a JSON text has, or more: once it is parsed it takes memory by these, and time wherever it is copied. */
export function countValues(bytes: Uint8Array): number {
  let [count, isText] = [1, false];
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === QUOTE) isText = !isText;
    else if (isText && byte === ESCAPE) at += 1;
    else if (!isText && (byte === COMMA || byte === LIST || byte === OBJECT)) count += 1;
  }
  return count;
}

/** Whether a JSON text has a longer text in it than that: a token may be one, and have any number of values itself. */
export function hasLongText(bytes: Uint8Array, most: number): boolean {
  for (let from = 0; from < bytes.length; ) {
    const quote = bytes.indexOf(QUOTE as number, from);
    const end = quote < 0 ? bytes.length : quote;
    if (end - from > most) return true;
    from = end + 1;
  }
  return false;
}
