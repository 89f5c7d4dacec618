import { STATUS_CODES } from 'node:http';
import type { Context } from 'koa';
import type { AppError } from '../errors.js';

const POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/** Programs ask there, and some prefer HTML by habit: Java's own client does. */
const FOR_PROGRAMS = /^\/(connect|health|\.well-known)\//;
/** What is longer is refused elsewhere, and costs the square of its length. */
const LONGEST_ACCEPT = 1_000;

/** What a page says in a few words. */
interface Words {
  title: string;
  sentence: string;
  /** Where to go on. */
  link?: { to: string; text: string };
}

/** What a refusal is called, for people: by its code, or else by its status. */
const TITLES: Record<string, string> = {
  SIGN_IN_FAILED: 'You are not signed in',
  404: 'There is nothing at this address',
  421: 'This host is not served here',
  429: 'Too many requests',
  503: 'Not available at the moment',
};
const CONSOLE = { to: '/', text: 'Open the console' };
const LINKS: Record<string, typeof CONSOLE> = { SIGN_IN_FAILED: { to: '/', text: 'Back to the sign-in page' } };
/** Of a host that nobody has there is no console. The host is not repeated. */
const FOR_OPERATORS = 'Whoever runs this server finds in its log which host was asked for, and which ISSUER it has.';

/** Whether a person is to read the answer: a browser that goes somewhere says so, a library does not. */
export function prefersPage(ctx: Context): boolean {
  if ((ctx.method !== 'GET' && ctx.method !== 'HEAD') || FOR_PROGRAMS.test(ctx.path)) return false;
  ctx.vary('Accept');
  return ctx.get('Accept').length <= LONGEST_ACCEPT && ctx.accepts('json', 'html') === 'html';
}

/** Answers a person with a refusal. */
export function showRefusal(ctx: Context, { status, code, message }: AppError): void {
  const title = TITLES[code] ?? TITLES[status] ?? STATUS_CODES[status] ?? 'This did not work';
  const link = LINKS[code] ?? CONSOLE;
  showPage(ctx, status === 421 ? { title, sentence: FOR_OPERATORS } : { title, sentence: message, link });
}

/** A page that loads and runs nothing. */
function showPage(ctx: Context, { title, sentence, link }: Words): void {
  ctx.set('Content-Security-Policy', POLICY);
  ctx.type = 'html';
  ctx.body = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${encode(title)}</title>
<style>:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif } body { max-width: 34rem; margin: 15vh auto; padding: 0 1rem }</style>
<h1>${encode(title)}</h1>
<p>${encode(sentence)}</p>${link ? `\n<p><a href="${encode(link.to)}">${encode(link.text)}</a></p>` : ''}
</html>
`;
}

function encode(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
