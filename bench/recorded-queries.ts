interface Runner {
  query(sql: string, parameters?: unknown[]): Promise<Record<string, unknown>[]>;
  release(): Promise<void>;
}
interface Manager {
  connection: { createQueryRunner(): Runner; createEntityManager(runner: Runner): Manager; options: { type: string } };
}
interface Recorded {
  read<T>(work: (manager: Manager) => Promise<T>): Promise<T>;
}

const LONGEST_SHOWN = 600;

/** Runs reads, and explains each of their queries. @returns the beginning of each query with what the database plans for it */
export async function recordQueries(database: Recorded, run: () => Promise<unknown>): Promise<string[]> {
  const seen: [string, unknown[]][] = [];
  const { read } = database;
  database.read = (work) =>
    read.call(database, async (manager) => {
      const runner = manager.connection.createQueryRunner();
      const { query } = runner;
      runner.query = (sql, parameters = [], ...rest) => {
        seen.push([sql, parameters]);
        return query.call(runner, sql, parameters, ...rest);
      };
      return work(manager.connection.createEntityManager(runner)).finally(() => {
        runner.query = query;
        return runner.release();
      });
    }) as never;
  await run().finally(() => {
    database.read = read;
  });
  const plans: string[] = [];
  for (const [sql, parameters] of seen) plans.push(await explain(database, sql, parameters));
  return plans;
}

function explain(database: Recorded, sql: string, parameters: unknown[]): Promise<string> {
  return database.read(async (manager) => {
    const isSqlite = manager.connection.options.type === 'better-sqlite3';
    const runner = manager.connection.createQueryRunner();
    const rows = await runner.query(`EXPLAIN ${isSqlite ? 'QUERY PLAN ' : ''}${sql}`, parameters);
    await runner.release();
    const steps = rows.map((row) => (isSqlite ? row.detail : `${row.table}: ${row.type} ${row.key ?? ''} ${row.rows} ${row.Extra}`));
    return [sql.slice(0, LONGEST_SHOWN), ...steps].join('\n  ');
  });
}
