import { isCertificate, isPair, type KeyPair } from '../key-pair.js';
import { readSettingFile } from '../setting-files.js';

/** The paths of a certificate, with its chain, and of its private key. */
export interface TlsFiles {
  certificate: string;
  key: string;
}

/** What is wrong with one of the files, by the setting that names it; nothing of its content is repeated. */
export interface FileFault {
  name: 'TLS_CERT_FILE' | 'TLS_KEY_FILE';
  message: string;
}

/** Reads a certificate and its key, or says what is wrong with them. */
export function readKeyPair(files: TlsFiles): KeyPair | { faults: FileFault[] } {
  const certificate = readSettingFile(files.certificate);
  const key = readSettingFile(files.key);
  const faults: FileFault[] = [];
  if ('fault' in certificate) faults.push({ name: 'TLS_CERT_FILE', message: certificate.fault });
  else if (!isCertificate(certificate.text)) {
    faults.push({ name: 'TLS_CERT_FILE', message: 'names a file that is not certificates in PEM' });
  }
  if ('fault' in key) faults.push({ name: 'TLS_KEY_FILE', message: key.fault });
  if ('fault' in certificate || 'fault' in key || faults.length > 0) return { faults };
  const pair = { certificate: certificate.text, key: key.text };
  if (isPair(pair)) return pair;
  return { faults: [{ name: 'TLS_KEY_FILE', message: 'is not the private key of TLS_CERT_FILE in PEM, without a passphrase' }] };
}
