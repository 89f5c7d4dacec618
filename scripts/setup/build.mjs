import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { run, say } from './programs.mjs';
import { complete, hashOf, makeDraft, pointTo, targetOf, VERSIONS } from './versions.mjs';

const SHARED = ['package-lock.json', 'package.json', 'tsconfig.json', 'tsconfig.build.json', 'vite.config.ts'];
const PAGES = 'src/console';
const GENERATED = join(PAGES, 'api/generated.ts');

/** Two parts, so that a change of one leaves the other as it was built. */
function versions() {
  const server = hashOf([...SHARED, 'ormconfig.ts', 'src'], PAGES);
  const pages = hashOf([...SHARED, 'schema.graphql', PAGES], GENERATED);
  return { server, pages, version: join(VERSIONS, `${server}-${pages}`) };
}

/** Whether `dist` is what the sources say. */
export function isBuilt() {
  return targetOf('dist') === resolve(versions().version, 'dist') && existsSync('dist') && existsSync(GENERATED);
}

/** Builds what the sources say in a folder of its own, and lets `dist` lead there. */
export function build() {
  const { server, pages, version } = versions();
  if (!existsSync(version)) {
    const draft = makeDraft();
    const dist = join(draft, 'dist');
    mkdirSync(dist);
    copyFileSync('package.json', join(draft, 'package.json'));
    symlinkSync(relative(draft, targetOf('node_modules') ?? 'node_modules'), join(draft, 'node_modules'));
    const parts = [
      { from: find((name) => name.startsWith(`${server}-`)), names: ['src', 'ormconfig.js', 'ormconfig.js.map'], make: buildServer },
      { from: find((name) => name.endsWith(`-${pages}`)), names: ['console', 'page-packages.json'], make: buildPages },
    ];
    for (const { from, names, make } of parts) {
      if (from) for (const name of names) cpSync(join(from, 'dist', name), join(dist, name), { recursive: true });
      else make(dist);
    }
    complete(draft, version);
  }
  pointTo('dist', join(version, 'dist'));
}

function buildServer(dist) {
  say('Building the server …');
  run('tsc', ['-p', 'tsconfig.build.json', '--outDir', dist]);
}

function buildPages(dist) {
  say('Building the pages …');
  run('vite', ['build', '--logLevel', 'warn', '--outDir', resolve(dist, 'console')]);
}

function find(isMeant) {
  const name = readdirSync(VERSIONS).find((name) => /^[0-9a-f]{16}-/.test(name) && isMeant(name));
  return name && join(VERSIONS, name);
}
