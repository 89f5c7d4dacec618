import { type RecordReport, verifyRecords } from '../../changes/record/audit-verify.service.js';
import { readArguments } from '../../platform/arguments.js';
import { readConfig } from '../../platform/config.js';
import { counted } from '../../platform/counted.js';
import { runProgram } from '../../platform/exit.js';
import { createLog } from '../../platform/log.js';
import { say } from '../../platform/terminal.js';
import { openInstallation } from '../installation.js';

/**
 * `npm run audit:verify`: says of each tenant whether its record is whole, and otherwise where it was cut or changed; then the exit
 * code is 1. Servers go on meanwhile.
 */
export function run(): Promise<void> {
  return runProgram(verifyAudit);
}

async function verifyAudit(): Promise<void> {
  readArguments({ usage: 'Nothing is to be named: npm run audit:verify.' });
  const { database, cipher } = await openInstallation(readConfig(), createLog('warn'), { isCommand: true, isThere: true });
  try {
    const reports = await verifyRecords(database, cipher);
    for (const report of reports) say(tell(report));
    const damaged = reports.filter(({ faults }) => faults.length > 0);
    if (damaged.length > 0) process.exitCode = 1;
    say(
      damaged.length === 0
        ? `The record is whole: of ${counted(reports.length, 'tenant')}.\n`
        : `The record is not whole: of ${damaged.length} of ${counted(reports.length, 'tenant')}.\n`,
    );
  } finally {
    await database.close();
  }
}

function tell({ host, entries, sequence, beganAt, unlinked, faults }: RecordReport): string {
  const lines = [
    `${host}: ${entries} entries, up to number ${sequence}${beganAt && `, since ${beganAt}`}${faults.length === 0 ? '' : ', not whole'}`,
  ];
  if (unlinked > 0) lines.push(`  ${unlinked} more have no link: they are of a release that made none, and nothing proves them`);
  return `${[...lines, ...faults.map((fault) => `  ${fault}`)].join('\n')}\n`;
}
