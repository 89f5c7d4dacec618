import { StartupError } from '../errors.js';
import { isAway, isOfServer } from './faults.js';

/** Runs a query without parameters. */
export type Ask = (sql: string) => Promise<Record<string, unknown>[]>;

const FACTS = ['version', 'version_comment', 'innodb_version', 'read_only', 'innodb_read_only', 'innodb_force_recovery'] as const;
type Facts = Partial<Record<(typeof FACTS)[number], string>> & { collations?: readonly string[] };

/** Not by `SELECT VERSION()` alone, which a proxy may answer by itself. */
const VARIABLES = `SHOW GLOBAL VARIABLES WHERE Variable_name IN (${FACTS.map((name) => `'${name}'`).join(', ')})`;

/** In which text is compared byte by byte. Either has its own, and nobody has both. */
const COLLATIONS = { MySQL: 'utf8mb4_0900_bin', MariaDB: 'utf8mb4_nopad_bin' };
const KNOWN_COLLATIONS = `SELECT COLLATION_NAME AS name FROM information_schema.COLLATIONS WHERE COLLATION_NAME IN ('${Object.values(COLLATIONS).join("', '")}')`;

const SUPPORTED = 'Latchkey works on MySQL 8.0.17 or later and on MariaDB 10.11 or later';
/** The first release with all that is used. */
const FIRST = { MySQL: [8, 0, 17], MariaDB: [10, 11, 0] };
/** What speaks MySQL's protocol and is another engine, as its version or the comment to it has the name. */
const OTHERS =
  /TiDB|Vitess|PlanetScale|OceanBase|SingleStore|MemSQL|Dolt|StarRocks|Doris|SelectDB|Greptime|ClickHouse|Databend|MatrixOne|PolarDB-?X|TDDL|TDSQL|Manticore|Sphinx|RisingWave|CockroachDB|Crate/i;
/** What builders of MySQL add to its version: `-log`, `-commercial`, `-0ubuntu0.24.04.1`, Percona's `-28`. Others add their own name and version. */
const SUFFIX = /^(-(?!v\d)[a-z0-9.+~_-]*)?$/;

/**
 * Refuses an engine that only looks like MySQL: its transactions see and lock other things. What stands here is what was thought of; a build
 * of MySQL by somebody else (Percona, Aurora) is taken for MySQL, and so is whoever says in every word that it is.
 * @throws {StartupError} for that, and for a release that is too old
 */
export async function requireKnownProduct(ask: Ask): Promise<void> {
  const fault = judge(await readFacts(ask));
  if (fault !== undefined) throw new StartupError(`The database is ${fault}: ${SUPPORTED}. Nothing was changed.`);
}

/** The values with which a server writes. After a fault InnoDB can be started in six ways, the last three of them for getting the data out. */
const WRITES = { read_only: /^(0|OFF)$/i, innodb_read_only: /^(0|OFF)$/i, innodb_force_recovery: /^[0-3]$/ };

/** @param setting the one that names the server @throws {StartupError} when it only reads */
export async function requireWritable(ask: Ask, setting: string): Promise<void> {
  const facts = await readFacts(ask);
  const variable = (Object.keys(WRITES) as (keyof typeof WRITES)[]).find((name) => !WRITES[name].test(facts[name] ?? '0'));
  if (variable === undefined) return;
  throw new StartupError(
    `The database server only reads (${variable} is ${facts[variable]}), as a replica does, or one that recovers: name one in ${setting} that may be written. Nothing was changed.`,
  );
}

async function readFacts(ask: Ask): Promise<Facts> {
  try {
    const rows = await ask(VARIABLES);
    const facts = rows.map(({ Variable_name: name, Value: value }) => [String(name).toLowerCase(), String(value)]);
    const collations = (await ask(KNOWN_COLLATIONS)).map(({ name }) => String(name));
    if (facts.length > 0) return { ...Object.fromEntries(facts), collations };
  } catch (cause) {
    // Of an engine that does not know what is asked, more is asked below.
    if (isAway(cause) || isOfServer(cause)) throw cause;
  }
  const [row] = await ask('SELECT VERSION() AS version');
  return { version: String(row?.version ?? '') };
}

/** @returns what is wrong with it, as a name of it */
function judge({ version = '', version_comment: comment = '', innodb_version: engine, collations = [] }: Facts): string | undefined {
  const told = `${version}${comment === '' ? '' : ` (${comment})`}`;
  const other = OTHERS.exec(told)?.[0];
  if (other) return `${other}, ${told}, which only looks like MySQL`;
  // Some gateways put an old number in front, as MariaDB itself does when it greets.
  const given = version.replace(/^5\.5\.5-(?=\d)/, '');
  const [, number = '', suffix = ''] = /^(\d+\.\d+\.\d+)(.*)$/.exec(given) ?? [];
  const product = /mariadb/i.test(given) ? 'MariaDB' : 'MySQL';
  // InnoDB has the number of the server that it is built with.
  const isForeign = engine !== undefined && !engine.startsWith(number);
  if (number === '' || isForeign || (product === 'MySQL' && !SUFFIX.test(suffix))) return `${told || 'of no version'}, which nobody knows`;
  if (isOlder(number, FIRST[product])) return `${product} ${number}, which is too old`;
  return collations.includes(COLLATIONS[product]) ? undefined : `${told}, which does not know what ${product} ${number} knows`;
}

function isOlder(number: string, first: readonly number[]): boolean {
  const parts = number.split('.').map(Number);
  const index = parts.findIndex((part, place) => part !== first[place]);
  return index >= 0 && (parts[index] as number) < (first[index] as number);
}
