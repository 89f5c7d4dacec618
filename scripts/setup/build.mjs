import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { run, say } from './programs.mjs';
import { complete, discard, hashOf, makeDraft, pointTo, targetOf, VERSIONS } from './versions.mjs';

const SHARED = ['package-lock.json', 'package.json', 'tsconfig.json', 'tsconfig.build.json', 'vite.config.ts'];
const PAGES = 'src/console';
/** Written into the sources by the build of the pages, where the types are needed. */
const GENERATED = join(PAGES, 'api/generated.ts');
const SERVER_PARTS = ['dist/src', 'dist/ormconfig.js', 'dist/ormconfig.js.map'];
const PAGES_PARTS = ['dist/console', 'dist/page-packages.json', 'generated.ts'];
/** Has the hash of all of them. */
const SEAL = 'seal';

/** Two parts, so that a change of one leaves the other as it was built. */
function versions() {
  const server = hashOf([...SHARED, 'ormconfig.ts', 'src'], { except: PAGES });
  const pages = hashOf([...SHARED, 'schema.graphql', PAGES], { except: GENERATED });
  return { server, pages, version: join(VERSIONS, `${server}-${pages}`) };
}

/** Whether `dist` is what the sources say, and the code that was generated beside them as well. */
export function isBuilt() {
  const { version } = versions();
  return targetOf('dist') === resolve(version, 'dist') && isWhole(version) && read(GENERATED) === read(join(version, 'generated.ts'));
}

/** Whether a version is as it was made: programs that know nothing of it may have written through the links. */
function isWhole(version) {
  return read(join(version, SEAL)) === sealOf(version);
}

function sealOf(version) {
  return hashOf([...SERVER_PARTS, ...PAGES_PARTS], { from: version });
}

function read(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

/** Builds what the sources say in a folder of its own, and lets `dist` lead there. */
export async function build() {
  const { server, pages, version } = versions();
  if (!isWhole(version)) {
    const draft = makeDraft();
    for (const name of ['dist', 'users']) mkdirSync(join(draft, name));
    copyFileSync('package.json', join(draft, 'package.json'));
    symlinkSync(relative(draft, targetOf('node_modules') ?? 'node_modules'), join(draft, 'node_modules'));
    const parts = [
      { from: find((name) => name.startsWith(`${server}-`)), names: SERVER_PARTS, make: buildServer },
      { from: find((name) => name.endsWith(`-${pages}`)), names: PAGES_PARTS, make: buildPages },
    ];
    await Promise.all(
      parts.map(async ({ from, names, make }) => {
        if (!from) return make(draft);
        for (const name of names) cpSync(join(from, name), join(draft, name), { recursive: true });
      }),
    );
    writeFileSync(join(draft, SEAL), sealOf(draft));
    discard(version);
    complete(draft, version);
  }
  copyFileSync(join(version, 'generated.ts'), GENERATED);
  pointTo('dist', join(version, 'dist'));
}

async function buildServer(draft) {
  say('Building the server …');
  await run('tsc', ['-p', 'tsconfig.build.json', '--outDir', join(draft, 'dist')]);
}

async function buildPages(draft) {
  say('Building the pages …');
  await run('vite', ['build', '--logLevel', 'warn', '--outDir', resolve(draft, 'dist/console')]);
  copyFileSync(GENERATED, join(draft, 'generated.ts'));
}

/** Another version that has a part already. */
function find(isMeant) {
  const name = readdirSync(VERSIONS).find((name) => /^[0-9a-f]{16}-/.test(name) && isMeant(name) && isWhole(join(VERSIONS, name)));
  return name && join(VERSIONS, name);
}
