import { requireNode } from './platform/node-version.js';

/** What there is to run, by the names that npm has for it. */
const PROGRAMS: Record<string, () => Promise<{ run(): Promise<void> }>> = {
  start: () => import('./server/process.js'),
  'admin:reset': () => import('./installation/commands/admin-reset.js'),
  'audit:verify': () => import('./installation/commands/audit-verify.js'),
  backup: () => import('./installation/commands/backup.js'),
  'encryption-key:change': () => import('./installation/commands/reencrypt.js'),
  migrate: () => import('./installation/commands/migrate.js'),
  restore: () => import('./installation/commands/restore.js'),
};
const NAMES = `start, which need not be named, ${Object.keys(PROGRAMS).slice(1).join(', ')}; --version`;

requireNode();
const [name = 'start'] = process.argv.slice(2);
const load = Object.hasOwn(PROGRAMS, name) ? PROGRAMS[name] : undefined;
if (load) {
  await import('reflect-metadata');
  const { run } = await load();
  await run();
} else if (name === '--version') {
  const { VERSION } = await import('./platform/version.js');
  process.stdout.write(`${VERSION}\n`);
} else if (name === '--help') {
  process.stdout.write(`There is to run: ${NAMES}.\n`);
} else {
  process.stderr.write(`${JSON.stringify(name)} is nothing to run. There is: ${NAMES}. Nothing was done.\n`);
  process.exitCode = 1;
}
