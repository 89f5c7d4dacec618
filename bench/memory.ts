import type { PrivateMariaDb } from '../testbed/mariadb.ts';
import { runLoad } from './load.ts';
import { Report } from './report.ts';
import { startOnMariaDb, startOnSqlite, type TokenTarget } from './targets.ts';

const CONNECTIONS = 32;
const MARKS = [10_000, 30_000, 100_000, 300_000, 1_000_000];

/** Resident memory after ten thousand tokens and after a million. */
export async function benchMemory(mariaDb: PrivateMariaDb | undefined): Promise<void> {
  const report = new Report('memory');
  const rows: object[] = [];
  for (const subject of [await startOnSqlite(), ...(mariaDb ? [await startOnMariaDb(mariaDb)] : [])]) {
    rows.push(await measure(subject));
    await subject.stop();
  }
  report.table('Resident memory after so many tokens, MB', rows);
  report.close();
}

async function measure(subject: TokenTarget): Promise<object> {
  const row: Record<string, string | number> = { subject: subject.name };
  const megabytes: number[] = [];
  let tokens = 0;
  for (const mark of MARKS) {
    while (tokens < mark) tokens += (await runLoad(subject, { connections: CONNECTIONS, seconds: 1 })).perSecond;
    megabytes.push(subject.residentMegabytes());
    row[mark.toLocaleString('en')] = Math.round(subject.residentMegabytes());
  }
  return { ...row, 'last : first': ((megabytes.at(-1) as number) / (megabytes[0] as number)).toFixed(2) };
}
