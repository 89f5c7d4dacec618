import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { CERT_HEADER_FORMATS, type CertHeaderFormat, flag } from '../setting-values.js';
import { readKeyPair, type TlsFiles } from './key-pair-files.js';
import { type Network, parseNetwork } from './networks.js';

/** The header by which proxies hand on a client's certificate. */
export interface CertHeader {
  format: CertHeaderFormat;
  /** In lower case, and so is the next. */
  name: string;
  /** Has the certificates between the client's and its authority. */
  chainName: string | undefined;
}

/** How clients reach the server. */
export interface Reach {
  /** How many proxies stand in front, whose X-Forwarded-* headers are believed; 1 where `trustedProxies` says which connections are theirs. */
  trustProxy: number;
  /** Only connections from there are a proxy's; from any when absent. */
  trustedProxies: readonly Network[] | undefined;
  /** Whether a proxy's X-Forwarded-Host names the tenant. */
  trustForwardedHost: boolean;
  /** Believed from `trustedProxies` alone. */
  clientCertHeader: CertHeader | undefined;
  /** With what the server itself serves https. */
  tls: TlsFiles | undefined;
  /** What the hosts begin with at which clients are asked for a certificate, such as `mtls.`; on the others they are then not. In lower case. */
  mtlsHostPrefix: string | undefined;
}

const NUMBER_OF_PROXIES = /^(true|false|\d)$/;
const PROXIES_FORM =
  'must be true, false, the number of proxies in front, up to 9, or their networks such as 10.20.0.0/16 or addresses, separated by commas';

const MOST_OF_A_NAME = 100;
const TOKEN = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;
/** What is read for another reason, here or by a proxy: a certificate in it would be taken for something else. */
const OTHER_USE =
  /^(accept|access-control|apollo|content|if|oauth|proxy|sec|x-apollo)-|^(accept|authorization|baggage|connection|cookie|date|dpop|expect|forwarded|host|keep-alive|origin|range|referer|te|trace(parent|state)|trailer|transfer-encoding|upgrade|user-agent|via|x-real-ip|x-request-id|x-forwarded-(for|host|port|prefix|proto|scheme|server))$/;

/** The headers that each kind of proxy usually writes; a chain where there is a header of its own for one. */
const USUAL: Readonly<Record<CertHeaderFormat, { name: string; chainName?: string; hasChain: boolean }>> = {
  rfc9440: { name: 'client-cert', chainName: 'client-cert-chain', hasChain: true },
  'escaped-pem': { name: 'x-ssl-client-cert', hasChain: true },
  der: { name: 'x-ssl-client-der', hasChain: true },
  xfcc: { name: 'x-forwarded-client-cert', hasChain: false },
  traefik: { name: 'x-forwarded-tls-client-cert', hasChain: false },
};

const MOST_OF_A_PREFIX = 100;
const LABELS = /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+$/;

interface Proxies {
  count: number;
  networks?: readonly Network[];
}

const proxies = z.string().transform((value, context): Proxies => {
  if (NUMBER_OF_PROXIES.test(value)) return { count: value === 'true' ? 1 : Number(value) || 0 };
  const networks = value.split(',').map((text) => parseNetwork(text.trim()));
  if (networks.some((network) => network === undefined)) context.addIssue(PROXIES_FORM);
  else if (networks.some((network) => network?.bits === 0)) context.addIssue('must not name a network of all addresses');
  else return { count: 1, networks: (networks as Network[]).map(undressed) };
  return z.NEVER;
});

/** A network of IPv4 that is dressed as IPv6 without its dress, as addresses are compared. */
function undressed({ address, bits }: Network): Network {
  if (!(address instanceof ipaddr.IPv6) || !address.isIPv4MappedAddress() || bits < 96) return { address, bits };
  return { address: address.toIPv4Address(), bits: bits - 96 };
}

const certHeader = z.string().transform((value, context): CertHeader => {
  const [format, name, chain, ...more] = value.toLowerCase().split(':');
  const usual = CERT_HEADER_FORMATS.includes(format as CertHeaderFormat) ? USUAL[format as CertHeaderFormat] : undefined;
  if (!usual || more.length > 0) {
    context.addIssue(
      `must be FORMAT, FORMAT:HEADER or FORMAT:HEADER:CHAIN-HEADER, where the format is one of ${CERT_HEADER_FORMATS.join(', ')}`,
    );
    return z.NEVER;
  }
  const chainName = name === undefined ? usual.chainName : chain;
  const fault = headerFault(name ?? usual.name, chainName, usual.hasChain);
  if (fault) context.addIssue(fault);
  return fault ? z.NEVER : { format: format as CertHeaderFormat, name: name ?? usual.name, chainName };
});

function headerFault(name: string, chainName: string | undefined, hasChain: boolean): string | undefined {
  const names = [name, ...(chainName === undefined ? [] : [chainName])];
  if (!names.every((one) => TOKEN.test(one) && one.length <= MOST_OF_A_NAME)) return 'must name headers of letters, digits and hyphens';
  if (names.some((one) => OTHER_USE.test(one))) return 'must name headers that have no other use';
  if (name === chainName) return 'must name two headers, one for the certificate and one for its chain';
  if (chainName !== undefined && !hasChain) return 'must name one header: in this format it has the chain as well';
  return undefined;
}

const mtlsHostPrefix = z
  .string()
  .toLowerCase()
  .refine((value) => {
    // What says that it stands for letters of any script may stand for none.
    const isOfHost = () => URL.parse(`https://${value}example.com`)?.host === `${value}example.com`;
    return value.length <= MOST_OF_A_PREFIX && LABELS.test(value) && isOfHost();
  }, `must be what names of hosts begin with, with the dot behind it, such as mtls. (${MOST_OF_A_PREFIX} characters at most)`);

/** The settings that say how clients reach the server. */
export const reachShape = {
  TLS_CERT_FILE: z.string().optional(),
  TLS_KEY_FILE: z.string().optional(),
  TRUST_PROXY: proxies.default({ count: 0 }),
  TRUST_FORWARDED_HOST: flag.default(false),
  CLIENT_CERT_HEADER: certHeader.optional(),
  MTLS_HOST_PREFIX: mtlsHostPrefix.optional(),
};

/** What is wrong with settings that are right each by itself, and with the files that they name. */
export function reachFaults(given: Record<string, string>): { name: string; message: string }[] {
  const faults: { name: string; message: string }[] = [];
  const { TRUST_PROXY: trust = 'false', TLS_CERT_FILE: certificate, TLS_KEY_FILE: key } = given;
  if (given.TRUST_FORWARDED_HOST === 'true' && ['false', '0'].includes(trust)) {
    const message = 'must be false unless TRUST_PROXY is set: without a proxy anybody may send X-Forwarded-Host';
    faults.push({ name: 'TRUST_FORWARDED_HOST', message });
  }
  if (given.CLIENT_CERT_HEADER !== undefined && NUMBER_OF_PROXIES.test(trust)) {
    const message =
      'is of use only when TRUST_PROXY names the networks of the proxies: whoever else reaches the port could be anybody by it';
    faults.push({ name: 'CLIENT_CERT_HEADER', message });
  }
  if (certificate !== undefined && key === undefined) {
    faults.push({ name: 'TLS_KEY_FILE', message: 'must be set together with TLS_CERT_FILE' });
  }
  if (key !== undefined && certificate === undefined) {
    faults.push({ name: 'TLS_CERT_FILE', message: 'must be set together with TLS_KEY_FILE' });
  }
  const { MTLS_HOST_PREFIX: prefix } = given;
  if (prefix !== undefined && given.CLIENT_CERT_HEADER === undefined && certificate === undefined && key === undefined) {
    const message =
      'is of use only where certificates are asked for: set TLS_CERT_FILE and TLS_KEY_FILE, or CLIENT_CERT_HEADER behind a proxy, or leave it out';
    faults.push({ name: 'MTLS_HOST_PREFIX', message });
  }
  if (prefix !== undefined && URL.parse(given.ISSUER ?? '')?.host.startsWith(prefix.toLowerCase())) {
    faults.push({ name: 'MTLS_HOST_PREFIX', message: 'must not be what the host of ISSUER begins with: it is put before that' });
  }
  const pair = certificate !== undefined && key !== undefined ? readKeyPair({ certificate, key }) : undefined;
  return pair && 'faults' in pair ? [...faults, ...pair.faults] : faults;
}

/** Puts the parts together. */
export function toReach(values: z.infer<z.ZodObject<typeof reachShape>>): Reach {
  const { TRUST_PROXY: trust, TLS_CERT_FILE: certificate, TLS_KEY_FILE: key } = values;
  return {
    trustProxy: trust.count,
    trustedProxies: trust.networks,
    trustForwardedHost: values.TRUST_FORWARDED_HOST,
    clientCertHeader: values.CLIENT_CERT_HEADER,
    tls: certificate !== undefined && key !== undefined ? { certificate, key } : undefined,
    mtlsHostPrefix: values.MTLS_HOST_PREFIX,
  };
}
