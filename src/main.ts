import { requireNode } from './platform/node-version.js';

/** What there is to run, by the names that npm has for it. */
const PROGRAMS: Record<string, () => Promise<{ run(): Promise<void> }>> = {
  start: () => import('./process.js'),
  'admin:reset': () => import('./admin-reset.js'),
  'audit:verify': () => import('./audit-verify.js'),
  backup: () => import('./backup.js'),
  'encryption-key:change': () => import('./reencrypt.js'),
  migrate: () => import('./migrate.js'),
  restore: () => import('./restore.js'),
};
const NAMES = `start, which needs not be named, ${Object.keys(PROGRAMS).slice(1).join(', ')}; --version`;

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
