import { type LookupAddress, NODATA } from 'node:dns';
import { Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { readSmallFile } from '../small-file.js';

const HOSTS_FILE = '/etc/hosts';
/** The second try takes twice as long, and each may take a second more: together less than who asks has. */
const FIRST_TRY_MS = 800;
const TRIES = 2;
/** For how long the other kind is waited for once one is there. */
const MOMENT_MS = 300;
/** More than anybody tries. Thousands would be gone through one within the other. */
const MOST_OF_A_KIND = 5;

/** What one server says, and another may know better. That there is no such name is the same at all. */
const OF_ONE_SERVER: ReadonlySet<string | undefined> = new Set([
  'EREFUSED',
  'ESERVFAIL',
  'ENOTIMP',
  'EFORMERR',
  'EBADRESP',
  'ECONNREFUSED',
]);

/** Where names are looked up; what the system has when absent. */
export interface NameSources {
  /** Name servers, as `address:port`. */
  servers?: readonly string[];
  hostsFile?: string;
}

/**
 * Addresses of a name, as the hosts file or the name servers of this machine have them. Not by the system's own look-up: of those a
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

/** Both kinds, those of IPv4 first. @throws the reason why there is none */
async function ask(name: string, servers?: readonly string[]): Promise<string[]> {
  const questions = (['resolve4', 'resolve6'] as const).map((kind) => new Question(name, kind));
  const found: string[][] = [[], []];
  const answers = questions.map(async (question, kind) => {
    found[kind] = (await question.ask(servers)).slice(0, MOST_OF_A_KIND);
  });
  const all = Promise.allSettled(answers);
  // There are name servers that say nothing when they are asked for the other kind.
  await Promise.race([
    all,
    Promise.any(answers).then(
      () => sleep(MOMENT_MS),
      () => all,
    ),
  ]);
  for (const question of questions) question.end();
  const addresses = found.flat();
  if (addresses.length > 0) return addresses;
  await Promise.any(answers).catch(({ errors }: AggregateError) => Promise.reject(errors[0]));
  // An alias of a name that has none.
  throw Object.assign(new Error(`${name} has no address.`), { code: NODATA });
}

/** What servers are asked one after the other: the next when one is silent, or says that it cannot or will not tell. */
class Question {
  #resolver: Resolver | undefined;

  constructor(
    private readonly name: string,
    private readonly kind: 'resolve4' | 'resolve6',
  ) {}

  async ask(servers?: readonly string[]): Promise<string[]> {
    const resolver = new Resolver({ timeout: FIRST_TRY_MS, tries: TRIES });
    // The system's own may have a zone, which nobody is told.
    if (servers) resolver.setServers(servers);
    this.#resolver = resolver;
    try {
      return await resolver[this.kind](this.name);
    } catch (error) {
      const [, ...others] = resolver.getServers();
      if (others.length === 0 || !OF_ONE_SERVER.has((error as NodeJS.ErrnoException).code)) throw error;
      return this.ask(others);
    }
  }

  end(): void {
    this.#resolver?.cancel();
  }
}
