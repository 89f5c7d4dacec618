import type { PrivateMariaDb } from '../testbed/mariadb.ts';
import { GENERATOR } from './load.ts';
import { Report } from './report.ts';
import { startOnMariaDb, startOnSqlite } from './targets.ts';
import { inTurns, toRow } from './turns.ts';

const COURSE = { rounds: 7, seconds: 3, connections: 32 };

/** Tokens a second with two processes beside one, on each database. */
export async function benchWorkers(mariaDb: PrivateMariaDb | undefined): Promise<void> {
  const report = new Report('workers');
  const [one, two] = [{ WORKERS: '1' }, { WORKERS: '2' }];
  const pairs = [[await startOnSqlite(one, 'SQLite, WORKERS=1'), await startOnSqlite(two, 'SQLite, WORKERS=2')]];
  if (mariaDb)
    pairs.push([await startOnMariaDb(mariaDb, one, 'MariaDB, WORKERS=1'), await startOnMariaDb(mariaDb, two, 'MariaDB, WORKERS=2')]);
  for (const pair of pairs) {
    const results = await inTurns(pair, COURSE);
    const title = `Tokens: ${COURSE.rounds} rounds of ${COURSE.seconds} s in turns, ${GENERATOR}, ${COURSE.connections} connections`;
    report.table(
      `${pair[0]?.name}: ${title}`,
      results.map((result) => toRow(result, 'one')),
      results,
    );
    await Promise.all(pair.map((subject) => subject.stop()));
  }
  report.close();
}
