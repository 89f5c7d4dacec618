import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { type Network, parseNetwork } from './http/networks.js';
import { originFault } from './http/origins.js';

/** The JOSE algorithms that access tokens can be signed with. */
export const SIGNING_ALGORITHMS = ['ES256', 'RS256', 'EdDSA'] as const;

/** One of {@link SIGNING_ALGORITHMS}. */
export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number];

/** How a proxy writes a client's certificate into a header. */
export const CERT_HEADER_FORMATS = ['rfc9440', 'escaped-pem', 'der', 'xfcc', 'traefik'] as const;

/** One of {@link CERT_HEADER_FORMATS}. */
export type CertHeaderFormat = (typeof CERT_HEADER_FORMATS)[number];

/** The levels of pino, and `silent`. */
export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
const MOST_WORKERS = 64;
/** What makes an encryption key. */
export const KEY_COMMAND = 'openssl rand -base64 32';

/** A port of TCP, 1 to 65535. */
export const port = z
  .string()
  .regex(/^\d{1,5}$/, 'must be a port number from 1 to 65535')
  .transform(Number)
  .refine((value) => value >= 1 && value <= 65535, 'must be a port number from 1 to 65535');

/** A whole number without sign, within bounds. */
export const wholeNumber = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, `must be a whole number from ${least} to ${most}`)
    .transform(Number)
    .refine((value) => value >= least && value <= most, `must be a whole number from ${least} to ${most}`);

/** How many processes: `auto` for one a core, or 1 to 64. */
export const workers = z.string().transform((value, context) => {
  if (value === 'auto') return Math.min(availableParallelism(), MOST_WORKERS);
  if (/^\d{1,2}$/.test(value) && Number(value) >= 1 && Number(value) <= MOST_WORKERS) return Number(value);
  context.addIssue(`must be auto or a whole number from 1 to ${MOST_WORKERS}`);
  return z.NEVER;
});

/** `true` or `false`. */
export const flag = z.enum(['true', 'false'], 'must be true or false').transform((value) => value === 'true');

/** Networks in CIDR form or single addresses, separated by commas. */
export const networks = z.string().transform((value, context): Network[] => {
  const parsed = value.split(',').map((text) => parseNetwork(text.trim()));
  if (parsed.every((network) => network !== undefined)) return parsed;
  context.addIssue('must be networks such as 10.20.0.0/16 or fd00::/8, or single addresses, separated by commas');
  return z.NEVER;
});

/** One origin as RFC 6454 serialises it, http or https. */
export const origin = z.string().refine((value) => {
  const url = URL.parse(value);
  return url !== null && /^https?:$/.test(url.protocol) && url.origin === value;
}, 'must be an origin such as https://id.example.com: a scheme and a host in lower case, without a path or a trailing slash');

/** Origins as a browser sends them, separated by commas. */
export const origins = z.string().transform((value, context): string[] => {
  const entries = value.split(',').map((text) => text.trim());
  entries.forEach((entry, index) => {
    const fault = originFault(entry);
    if (fault) context.addIssue(`must be origins such as https://app.example.com, separated by commas: number ${index + 1} ${fault}`);
  });
  return entries;
});

/** An absolute URI without a fragment (RFC 8707, section 2). */
export const absoluteUri = z
  .string()
  .refine((value) => URL.canParse(value) && !value.includes('#'), 'must be an absolute URI without a fragment');

/** 32 bytes in base64. */
export const encryptionKey = z.string().transform((value, context) => {
  const key = Buffer.from(value, 'base64');
  if (key.length === 32 && key.toString('base64') === value) return key;
  context.addIssue(`must be exactly 32 bytes in base64; make one with: ${KEY_COMMAND}`);
  return z.NEVER;
});
