/** Controls, and what turns the direction of writing: a terminal obeys them, whoever has written them. */
const ORDERS = /[\p{Cc}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu;
/** Controls as JSON has them; a backslash that stands for itself is no beginning of one. */
const ORDERS_OF_JSON = /(\\\\)|\\(?:u00[01][0-9a-f]|[bfr])/g;

/** Says something on the terminal. What it names may be of anybody's making: of what a terminal would obey only the end of a line passes. */
export function say(text: string): void {
  process.stdout.write(plain(text));
}

/** A text in which what a terminal would obey is spelt out, in hexadecimal. */
export function plain(text: string): string {
  return text.replace(ORDERS, (order) => (order === '\n' ? order : spelt(order)));
}

/** A line of JSON of which the same holds when it has been read. */
export function plainJson(line: string): string {
  return line
    .replace(ORDERS_OF_JSON, (all, backslash) => backslash ?? `\\${all}`)
    .replace(ORDERS, (order) => (order === '\n' ? order : `\\${spelt(order)}`));
}

function spelt(order: string): string {
  return `\\u${order.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
