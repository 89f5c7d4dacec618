import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** An authority of a test's own, and what it signed, as paths of files in PEM. */
export interface Authority {
  ca: string;
  /** Signs a certificate. @param names as OpenSSL has them: `DNS:localhost`, `IP:127.0.0.1` */
  sign(name: string, names: string): { certificate: string; key: string };
  remove(): void;
}

/** Makes an authority, with Debian's `openssl`. */
export function createAuthority(): Authority {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-ca-'));
  const at = (name: string) => join(folder, name);
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'pipe' });
  const pair = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl('req', '-x509', ...pair, '-keyout', at('ca.key'), '-out', at('ca.pem'), '-subj', '/CN=an authority', '-days', '2');
  return {
    ca: at('ca.pem'),
    sign: (name, names) => {
      const [key, request, certificate] = [at(`${name}.key`), at(`${name}.csr`), at(`${name}.pem`)];
      openssl('req', ...pair, '-keyout', key, '-out', request, '-subj', `/CN=${name}`);
      writeFileSync(at(`${name}.ext`), `subjectAltName=${names}`);
      const signing = ['-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-CAcreateserial', '-days', '2', '-extfile', at(`${name}.ext`)];
      openssl('x509', '-req', '-in', request, '-out', certificate, ...signing);
      return { certificate, key };
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
