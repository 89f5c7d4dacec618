import { type Credentials, encodeForBasic, formOf } from './credentials.js';

/**
 * One command for any sh, also for the one of macOS, which takes no comments at its prompt.
 *
 * The secret goes to curl through a pipe: among curl's arguments every user of the machine could read it. The
 * command begins with a blank, for shells that keep such lines out of their history: fish, bash with
 * `HISTCONTROL=ignoreboth` (Debian's and Ubuntu's way), zsh with `HIST_IGNORE_SPACE`. Others keep the secret there;
 * a prompt would not, but then one paste is not enough. It ends without a line feed: whoever pastes it decides.
 */
export function makeCurl(credentials: Credentials): string {
  const { tokenUrl, clientId, secret } = credentials;
  return [
    ` echo 'user = "${encodeForBasic(clientId)}:${encodeForBasic(secret)}"' |`,
    "  curl -sS --config - -w '\\n' \\",
    ...formOf(credentials).map(([name, value]) => `  --data-urlencode ${quoteForShell(`${name}=${value}`)} \\`),
    `  ${quoteForShell(tokenUrl)}`,
  ].join('\n');
}

/** The three settings of an application, as dotenv reads them, and sh: `set -a; . ./.env`. They are not encoded. */
export function makeDotEnv({ tokenUrl, clientId, secret }: Credentials): string {
  const settings = { LATCHKEY_TOKEN_URL: tokenUrl, LATCHKEY_CLIENT_ID: clientId, LATCHKEY_CLIENT_SECRET: secret };
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${quoteForDotEnv(value)}`);
  return `# Keep this file out of the repository.\n${lines.join('\n')}\n`;
}

/**
 * A value that means the same to dotenv, which knows no escapes, and to sh. No quotes where none are needed,
 * because `docker run --env-file` takes them for a part of the value. A value with both kinds of quotes, or with
 * `'` and what sh looks for between `"`, has no such form: then it is written for sh.
 */
function quoteForDotEnv(value: string): string {
  if (/^[\w.:/-]+$/.test(value)) return value;
  return value.includes("'") && !/["$`\\]/.test(value) ? `"${value}"` : quoteForShell(value);
}

/** The text between `'`, where sh leaves everything but that as it is. */
export function quoteForShell(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
