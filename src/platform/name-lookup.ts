import type { LookupAddress } from 'node:dns';
import { Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';
import { readSmallFile } from './small-file.js';

const HOSTS_FILE = '/etc/hosts';
/** The second try takes twice as long: together less than who asks has. */
const FIRST_TRY_MS = 1_500;
const TRIES = 2;

/** Where names are looked up; what the system has when absent. */
export interface NameSources {
  /** Name servers, as `address:port`. */
  servers?: readonly string[];
  hostsFile?: string;
}

/**
 * All addresses of a name, as the hosts file or the name servers of this machine have them. Not by the system's own look-up: of those a
 * process has few at a time, which cannot be ended, and a name server that is silent about one name would keep all others waiting, that of the
 * database among them.
 * @throws when there is none
 */
export async function findAddresses(hostname: string, { servers, hostsFile = HOSTS_FILE }: NameSources = {}): Promise<LookupAddress[]> {
  const name = hostname.toLowerCase();
  const known = isLocal(name) ? ['127.0.0.1', '::1'] : addressesIn(hostsFile, name);
  return (known.length > 0 ? known : await ask(name, servers)).map((address) => ({ address, family: isIP(address) }));
}

/** @see https://www.rfc-editor.org/rfc/rfc6761#section-6.3 */
function isLocal(name: string): boolean {
  return name === 'localhost' || name.endsWith('.localhost');
}

function addressesIn(hostsFile: string, name: string): string[] {
  const lines = readHosts(hostsFile).map((line) => line.replace(/#.*/, '').trim().toLowerCase().split(/\s+/));
  return lines.flatMap(([address = '', ...names]) => (isIP(address) && names.includes(name) ? [address] : []));
}

function readHosts(path: string): string[] {
  try {
    return readSmallFile(path).split('\n');
  } catch {
    return [];
  }
}

async function ask(name: string, servers: readonly string[] | undefined): Promise<string[]> {
  const resolver = new Resolver({ timeout: FIRST_TRY_MS, tries: TRIES });
  if (servers) resolver.setServers(servers);
  const answers = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
  const found = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  const [first] = answers;
  if (found.length === 0 && first.status === 'rejected') throw first.reason;
  return found;
}
