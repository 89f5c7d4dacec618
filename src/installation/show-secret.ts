import type { Config } from '../platform/config.js';
import { say } from '../platform/terminal.js';

/** What says who the administrator is, and where a generated secret goes. */
type Shown = Pick<Config, 'adminClientId' | 'adminSecretFileOut'>;

/** Shows the first administrator's secret on the one occasion there is, or says which file has it. It goes to the terminal and past the log. @param host of a tenant that is not the home tenant */
export function showSecret({ adminClientId, adminSecretFileOut }: Shown, secret: string, host?: string): void {
  const [of, command] = host === undefined ? ['', 'npm run admin:reset'] : [` of ${host}`, `npm run admin:reset -- ${host}`];
  const where = adminSecretFileOut === undefined ? 'shown this once' : `in ${adminSecretFileOut}: take it from there and remove the file`;
  say(
    `\n  The administrator's client${of}. Its secret is ${where}; "${command}" makes a new one.\n\n    Client Id   ${adminClientId}\n` +
      `${adminSecretFileOut === undefined ? `    Secret key  ${secret}\n` : ''}\n`,
  );
}
