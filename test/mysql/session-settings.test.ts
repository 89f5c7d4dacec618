import { causesOf } from '../../src/platform/errors.js';
import { createClient, createTenant, requestToken, startApp, type TestApp } from '../../testbed/app.js';
import { createMariaDb, hasMariaDb, type PrivateMariaDb } from '../../testbed/mariadb.js';

const INJECTION = "zzqq') or 1=1 limit 51) page on page.id = client.id -- x";
const NAME = `Miles O'Brien \\' "x" %_ \\`;
const USER = 'plain';

let server: PrivateMariaDb;

beforeAll(async () => {
  if (!hasMariaDb()) return;
  server = await createMariaDb();
  // One who may not do everything: for others `init_connect` is not run.
  await server.administer(`CREATE USER ${USER}@localhost IDENTIFIED BY 'private'`);
  await server.administer(`GRANT ALL ON \`latchkey\\_test\\_%\`.* TO ${USER}@localhost`);
  await server.administer('CREATE DATABASE common');
  await server.administer('CREATE TABLE common.one (id INT)');
  await server.administer(`GRANT ALL ON common.* TO ${USER}@localhost`);
  process.env.TEST_MYSQL_URL = server.url.replace('root:', `${USER}:`);
});
afterAll(() => server?.remove());

const search = '($search: String) { clients(search: $search) { nodes { clientId } totalCount } }';

/** What a server is for, from its first start on an empty database. */
async function tellStory(): Promise<void> {
  const app = await startApp();
  try {
    const find = async (text: string) => {
      const { body, text: answer } = await app.administer(`query ${search}`, { search: text });
      if (!body.data) throw new Error(answer);
      return body.data.clients.nodes.map(({ clientId }: { clientId: string }) => clientId);
    };
    const before = Date.now() - 1000;
    const other = await createTenant(app, 'other');
    await createClient(other, { clientId: 'theirs' });
    const client = await createClient(app, { clientId: 'obrien', name: NAME, scopes: ['orders:read'] });
    for (const index of Array(3).keys()) await createClient(app, { clientId: `another-${index}` });
    expect(await find("o'brien")).toEqual(['obrien']);
    expect(await find(NAME)).toEqual(['obrien']);
    expect(await find(INJECTION)).toEqual([]);
    expect(await find('another')).toHaveLength(3);
    expect((await requestToken(app, client)).status).toBe(200);
    await app.installation.use.flush();
    const { body } = await app.administer('{ client(clientId: "obrien") { name createdAt lastUsedAt } }');
    expect(body.data.client.name).toBe(NAME);
    for (const moment of [body.data.client.createdAt, body.data.client.lastUsedAt]) {
      expect(Date.parse(moment)).toBeGreaterThan(before);
      expect(Date.parse(moment)).toBeLessThan(Date.now() + 1000);
    }
    await app.api.updateClient('obrien', { enabled: false });
    for (const _ of Array(8)) expect((await requestToken(app, client)).status).toBe(401);
    expect(await enginesOf(app)).toEqual([{ engine: 'innodb' }]);
    // A restore relies on it: what is not there cannot be moved, and nothing else is with it.
    await expect(app.installation.database.read((manager) => manager.query('RENAME TABLE nothing TO something'))).rejects.toThrow();
  } finally {
    await app.stop();
  }
}

const enginesOf = ({ installation }: TestApp): Promise<object[]> =>
  installation.database.read((manager) =>
    manager.query('SELECT DISTINCT LOWER(engine) AS engine FROM information_schema.tables WHERE table_schema = DATABASE()'),
  );

/** Tells it with a setting of the whole server, and puts that back. */
async function tellStoryWith(name: string, value: string): Promise<void> {
  const [was] = await server.administer(`SELECT @@GLOBAL.${name} AS value`);
  await server.administer(`SET GLOBAL ${name} = ${value}`);
  try {
    await tellStory();
  } catch (cause) {
    throw new Error(`with ${name} = ${value}: ${(cause as Error).message}`, { cause });
  } finally {
    const old = typeof was?.value === 'number' ? was.value : `'${String(was?.value)}'`;
    await server.administer(`SET GLOBAL ${name} = ${/^'\d+(\.\d+)?'$/.test(String(old)) ? String(old).slice(1, -1) : old}`);
  }
}

it('serves alike under every mode of SQL that the server knows', async () => {
  const [known] = await server.administer(
    "SELECT enum_value_list AS modes FROM information_schema.system_variables WHERE variable_name = 'SQL_MODE'",
  );
  const modes = String(known?.modes).split(',').filter(Boolean);
  expect(modes).toEqual(expect.arrayContaining(['NO_BACKSLASH_ESCAPES', 'EMPTY_STRING_IS_NULL', 'ANSI_QUOTES', 'ORACLE']));
  for (const mode of [...modes, '', modes.join(',')]) await tellStoryWith('sql_mode', `'${mode}'`);
});

it.each([
  ['autocommit', '0'],
  ['completion_type', '1'],
  ['completion_type', '2'],
  ['init_connect', '\'SET autocommit = 0, sql_mode = "NO_BACKSLASH_ESCAPES"\''],
  ['init_connect', "'START TRANSACTION READ ONLY'"],
  ['init_connect', "'USE information_schema'"],
  ['init_connect', "'LOCK TABLES common.one READ'"],
  ['time_zone', "'+05:30'"],
  ['character_set_client', "'latin1'"],
  ['character_set_results', "'latin1'"],
  ['character_set_connection', "'latin1'"],
  ['collation_connection', "'utf8mb4_general_ci'"],
  ['default_storage_engine', "'MyISAM'"],
  ['sql_select_limit', '1'],
  ['sql_safe_updates', '1'],
  ['sql_auto_is_null', '1'],
  ['max_join_size', '1'],
  ['tx_isolation', "'SERIALIZABLE'"],
  ['tx_isolation', "'READ-UNCOMMITTED'"],
  ['tx_read_only', '1'],
  ['max_statement_time', '0.0001'],
  ['foreign_key_checks', '0'],
  ['unique_checks', '0'],
  ['max_sort_length', '8'],
  ['group_concat_max_len', '4'],
  ['div_precision_increment', '0'],
  ['innodb_snapshot_isolation', '0'],
  ['innodb_lock_wait_timeout', '1'],
  ['innodb_default_row_format', 'compact'],
  ['old_mode', "'NO_PROGRESS_INFO,ZERO_DATE_TIME_CAST'"],
  ['lc_messages', "'de_DE'"],
  ['lc_time_names', "'ar_SA'"],
])('serves alike with %s = %s', tellStoryWith);

it('reads what is, and that of the cluster it is part of', async () => {
  await server.administer('SET GLOBAL system_versioning_asof = NOW(6), GLOBAL wsrep_dirty_reads = 1');
  try {
    const app = await startApp();
    const settings = 'SELECT @@system_versioning_asof AS asof, @@wsrep_dirty_reads AS dirty';
    expect(await app.installation.database.read((manager) => manager.query(settings))).toEqual([{ asof: 'DEFAULT', dirty: '0' }]);
    await app.stop();
  } finally {
    await server.administer('SET GLOBAL system_versioning_asof = DEFAULT, GLOBAL wsrep_dirty_reads = 0');
  }
});

/** They mean the same to every statement, are set by their parts, or by others. */
const OF_NO_MEANING = /^(debug|gtid|in_transaction|optimizer_|pseudo|rand_|skip_|sql_log_bin|tcp_nodelay|wsrep)/;
/** Forbids what migrations do, and is told in a sentence; later releases of MariaDB pass over it. */
const FORBIDDING = /^(old_alter_table|alter_algorithm) = '(INSTANT|NOCOPY|INPLACE)'$/;

it('serves alike with every value of every other setting of a session that has a list of them', async () => {
  const rows =
    await server.administer(`SELECT LOWER(variable_name) AS name, variable_type AS type, enum_value_list AS list, global_value AS value
    FROM information_schema.system_variables
    WHERE variable_scope = 'SESSION' AND read_only = 'NO' AND variable_type IN ('BOOLEAN', 'ENUM', 'SET') AND variable_name <> 'SQL_MODE'`);
  const settings = (rows as Record<string, string>[]).filter(({ name }) => !OF_NO_MEANING.test(String(name)));
  expect(settings.length).toBeGreaterThan(50);
  for (const { name, type, list, value: is } of settings) {
    const others =
      type === 'BOOLEAN'
        ? [is === 'ON' ? '0' : '1']
        : String(list)
            .split(',')
            .flatMap((one) => (one === is ? [] : [`'${one}'`]));
    for (const value of others.filter((one) => one !== "'null'" && one !== "''")) {
      const told = await tellStoryWith(String(name), value).catch((error: Error) => error.message);
      if (told !== undefined)
        expect([`${name} = ${value}`, told]).toEqual([expect.stringMatching(FORBIDDING), expect.stringMatching(/migration .* failed/)]);
    }
  }
});

it('hears what is denied in the words by which it is known, whatever the language of the server', async () => {
  await server.administer("SET GLOBAL lc_messages = 'de_DE'");
  try {
    const own = await server.administer('SELECT x FROM nothing.there').catch((error: Error) => error.message);
    const app = await startApp();
    const denied = await app.installation.database
      .read((manager) => manager.query('SELECT 1 FROM mysql.user'))
      .catch((error: Error) => error);
    await app.stop();
    expect(causesOf(denied).map(String).join()).toMatch(/SELECT command denied to user/);
    // Or the server had no other words, and nothing was shown.
    expect(String(own)).toMatch(/existiert nicht/);
  } finally {
    await server.administer("SET GLOBAL lc_messages = 'en_US'");
  }
});

it('sends values apart from statements', async () => {
  await server.administer("SET GLOBAL log_output = 'TABLE'");
  await server.administer('SET GLOBAL general_log = 1');
  try {
    await tellStory();
  } finally {
    await server.administer('SET GLOBAL general_log = 0');
  }
  const rows = await server.administer(
    `SELECT CONVERT(argument USING utf8mb4) AS statement, command_type AS kind FROM mysql.general_log WHERE user_host LIKE '${USER}%'`,
  );
  const prepared = rows.filter(({ kind }) => kind === 'Prepare').map(({ statement }) => String(statement));
  expect(prepared.some((statement) => statement.includes('INSERT INTO `clients`'))).toBe(true);
  const texts = rows.filter(({ kind }) => kind === 'Query' || kind === 'Prepare').map(({ statement }) => String(statement));
  for (const text of texts) for (const value of ['obrien', 'Brien', 'zzqq', 'theirs', 'orders:read']) expect(text).not.toContain(value);
});
