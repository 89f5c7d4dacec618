import type { ReadySnippet } from '../proof/snippets-federated.js';
import { quoteForShell } from '../secrets/snippets-shell.js';

/** Every ready-made request of a client that connects with a certificate. @param isOfMesh whether it is known by a SPIFFE ID */
export function makeCertificateSnippets(tokenUrl: string, clientId: string, isOfMesh: boolean): ReadySnippet[] {
  const fromFiles = makeCurl({ tokenUrl, clientId, certificate: 'client.pem', key: 'client.key' });
  const ofMesh = makeCurl({ tokenUrl, clientId, certificate: 'svid.0.pem', key: 'svid.0.key' });
  const curl = { label: 'curl', text: fromFiles, note: 'With the certificate and its private key in the files client.pem and client.key.' };
  const spire = { label: 'SPIFFE', text: `spire-agent api fetch x509 -write . &&\n${ofMesh}`, note: 'Where the SPIRE agent runs.' };
  return isOfMesh ? [spire, curl] : [curl];
}

interface CurlParts {
  tokenUrl: string;
  clientId: string;
  certificate: string;
  key: string;
}

function makeCurl({ tokenUrl, clientId, certificate, key }: CurlParts): string {
  return [
    `curl -sSf ${quoteForShell(tokenUrl)} \\`,
    `  --cert ${certificate} --key ${key} \\`,
    '  -d grant_type=client_credentials \\',
    `  -d client_id=${quoteForShell(clientId)}\n`,
  ].join('\n');
}
