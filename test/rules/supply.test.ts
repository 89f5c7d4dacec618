import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { minVersion, validRange } from 'semver';
import { reachable } from '../../scripts/setup/lock-file.mjs';
import { findAffected, readAdvisories } from '../../supply/advisory-check.js';
import { type Component, makeBill } from '../../supply/bill-of-materials.js';
import { isAllowed, renderLicences } from '../../supply/licence-list.js';
import { readLockFile, readPagePackages, shippedPackages } from '../../supply/lock-file.js';

const root = join(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const manifest = JSON.parse(read('package.json'));
const packages = readLockFile();
const { advisories, asOf } = readAdvisories();

describe('what is installed', () => {
  it('has a hash for each package, and no address that would bind it to a registry', () => {
    expect(packages.length).toBeGreaterThan(500);
    expect(packages.filter(({ integrity }) => !/^sha(512|1)-/.test(integrity ?? '')).map(({ path }) => path)).toEqual([]);
    expect(packages.filter(({ resolved }) => resolved !== undefined).map(({ path }) => path)).toEqual([]);
  });

  it('runs no script of a package, whoever installs it', () => {
    const wanting = new Set(packages.filter(({ hasInstallScript }) => hasInstallScript).map(({ name }) => name));
    expect([...wanting].filter((name) => manifest.allowScripts[name] !== false)).toEqual([]);
    expect(Object.values(manifest.allowScripts).filter((value) => value !== false)).toEqual([]);
    expect(read('.npmrc').split('\n')).toContain('ignore-scripts=true');
    const lines = [...read('Dockerfile').matchAll(/npm (?:ci|install).*/g), ...read('scripts/setup/packages.mjs').matchAll(/\['ci',.*/g)];
    expect(lines).toHaveLength(3);
    for (const [line] of lines) expect(line).toContain('--ignore-scripts');
    expect(Object.keys(manifest.scripts).filter((name) => /^(pre|post)|^(install|prepare)$/.test(name))).toEqual([]);
  });

  it('is in the image only as far as the server needs it', () => {
    const final = read('Dockerfile')
      .split(/^FROM /m)
      .at(-1);
    const packagesStage = read('Dockerfile')
      .split(/^FROM /m)
      .find((stage) => / AS packages\n/.test(stage));
    expect(packagesStage).toContain('--omit=dev --omit=optional');
    expect(final).toMatch(/COPY --from=packages \S+node_modules /);
    expect(final).not.toMatch(/npm /);
  });

  it('is what a server is built from and runs with, but for what is named for the tests alone', () => {
    const ofTests = new Set<string>(manifest.packagesForTests);
    expect([...ofTests].filter((name) => !(name in manifest.devDependencies))).toEqual([]);
    const built = [...globSync('src/**/*.{ts,tsx,css}', { cwd: root }), 'vite.config.ts', 'ormconfig.ts', 'scripts/setup.mjs'];
    const imported = built.flatMap((path) =>
      [...read(path).matchAll(/(?:from|import|@import) ?\(?['"]((?:@[^/'"]+\/)?[^./'"][^/'"]*)/g)].map(([, name]) => name as string),
    );
    expect(imported.length).toBeGreaterThan(500);
    expect([...new Set(imported)].filter((name) => ofTests.has(name))).toEqual([]);
    const { lock, list } = { lock: JSON.parse(read('package-lock.json')).packages, list: manifest.packagesForTests as string[] };
    const all = reachable(lock);
    for (const name of list) delete lock[''].devDependencies[name];
    const fewer = reachable(lock);
    expect(all).toEqual(packages.map(({ path }) => path).sort());
    expect(fewer.length).toBeLessThan(0.6 * all.length);
  });

  it('is used: the server imports each of its packages, and the rest is imported or named by what builds and tests', () => {
    const textOf = (...patterns: string[]) =>
      patterns
        .flatMap((pattern) => globSync(pattern, { cwd: root }))
        .map((path) => read(path))
        .join('\n');
    const imports = (text: string, name: string) => new RegExp(`['"](?:[^'"]*node_modules/)?${name}(?:/[^'"]*)?['"]`).test(text);
    const server = textOf('src/!(console)/**/*.ts', 'src/*.ts');
    expect(Object.keys(manifest.dependencies).filter((name) => !imports(server, name))).toEqual([]);
    const rest = textOf(
      'src/**/*.{ts,tsx,css}',
      '{test,testbed}/**/*.{ts,js}',
      'bench/**/*.ts',
      'scripts/**/*.{ts,mjs}',
      'supply/*.ts',
      '*.{js,ts}',
      '.*.js',
      'tsconfig*.json',
    );
    // The types of what is used, what a package that is used asks for beside it, and the compiler, whose command has another name.
    const asked = new Set(['rxjs', '@swc/core', 'typescript']);
    const isUsed = (name: string) => asked.has(name) || name.startsWith('@types/') || imports(rest, name);
    const absent = ['left', 'pad'].join('-');
    expect(imports(server, absent) || isUsed(absent)).toBe(false);
    const byName = Object.keys(manifest.devDependencies).filter((name) => !isUsed(name));
    expect(
      byName.filter((name) => !Object.values<string>(manifest.scripts).some((script) => script.includes(name.split('/').at(-1) as string))),
    ).toEqual([]);
    const typed = Object.keys(manifest.devDependencies).filter((name) => name.startsWith('@types/') && name !== '@types/node');
    expect(typed.filter((name) => !packages.some((entry) => entry.path === `node_modules/${name.slice('@types/'.length)}`))).toEqual([]);
  });
});

describe('licences', () => {
  it('of all that is shipped are among those that are allowed', () => {
    const shipped = shippedPackages();
    expect(shipped.length).toBeGreaterThan(200);
    expect(shipped.filter(({ license }) => !isAllowed(license)).map(({ name, license }) => `${name}: ${license}`)).toEqual([]);
  });

  it('are what the packages say that are installed', () => {
    const installed = shippedPackages().flatMap(({ path, license, version }) => {
      const [file] = globSync(`${path}/package.json`, { cwd: root });
      return file ? [{ path, license, version, own: JSON.parse(read(file)) }] : [];
    });
    expect(installed.length).toBeGreaterThan(200);
    for (const { path, license, version, own } of installed) {
      expect([path, version, license]).toEqual([path, own.version, typeof own.license === 'string' ? own.license : own.license?.type]);
    }
  });

  it('are listed, as "npm run licences" writes it', () => {
    expect(read('docs/licences.md')).toBe(renderLicences());
  });

  it('that bind the product, or that nobody has stated, would be seen', () => {
    for (const license of [undefined, 'GPL-3.0-only', 'MIT AND AGPL-3.0', 'SEE LICENSE IN x', 'UNLICENSED', ''])
      expect(isAllowed(license)).toBe(false);
    for (const license of ['MIT', '(MIT AND BSD-3-Clause)', '(BSD-3-Clause OR GPL-2.0)']) expect(isAllowed(license)).toBe(true);
  });
});

describe('the bill of materials', () => {
  const bill = makeBill();

  it('has every package that is shipped, and no other, with its address and hash', () => {
    expect(bill).toMatchObject({
      bomFormat: 'CycloneDX',
      specVersion: '1.5',
      metadata: { component: { name: 'latchkey', version: manifest.version } },
    });
    expect(bill.serialNumber).toMatch(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    const told = ({ purl, hashes }: Component) => `${purl} ${hashes?.map(({ alg, content }) => `${alg} ${content}`).join()}`;
    const expected = shippedPackages().map(({ name, version, integrity }) => {
      const digest = Buffer.from(String(integrity).replace('sha512-', ''), 'base64').toString('hex');
      return `pkg:npm/${name.replace('@', '%40')}@${version} SHA-512 ${digest}`;
    });
    expect([...new Set(bill.components.map(told))].sort()).toEqual([...new Set(expected)].sort());
    expect(readPagePackages()).toContain('node_modules/react');
    const development = bill.components.filter(({ properties }) => properties?.some(({ name }) => name.endsWith(':development')));
    expect(development).toEqual([]);
  });

  it('refers to nothing that is not in it', () => {
    const refs = new Set([bill.metadata.component['bom-ref'], ...bill.components.map((component) => component['bom-ref'])]);
    expect(refs.size).toBe(bill.components.length + 1);
    expect(bill.dependencies.flatMap(({ ref, dependsOn = [] }) => [ref, ...dependsOn]).filter((ref) => !refs.has(ref))).toEqual([]);
  });

  it('is the same for the same lock file', () => {
    expect(makeBill()).toEqual(bill);
  });
});

describe('known advisories', () => {
  it('concern no version that is installed', () => {
    expect(findAffected(packages, advisories)).toEqual([]);
  });

  it('are each about a package that is installed, with an id and versions that can be compared', () => {
    const names = new Set(packages.map(({ name }) => name));
    expect(asOf).toMatch(/^20\d\d-\d\d-\d\d$/);
    expect(new Set(advisories.map(({ id, package: name }) => `${id} ${name}`)).size).toBe(advisories.length);
    for (const { id, cve, affected, url } of advisories) {
      expect(id).toMatch(/^GHSA(-[23456789cfghjmpqrvwx]{4}){3}$/);
      expect(cve ?? 'CVE-2026-1000').toMatch(/^CVE-20\d\d-\d{4,7}$/);
      expect([id, validRange(affected)]).not.toEqual([id, null]);
      expect(affected).toMatch(/<\S+$/);
      expect(url).toBe(`https://github.com/advisories/${id}`);
    }
    // One for what it would replace is kept: a package that is not there now may come back with another.
    expect(advisories.filter((advisory) => names.has(advisory.package)).length).toBeGreaterThan(90);
  });

  it('would be told of any package that they concern, with the version that mends it', () => {
    for (const advisory of advisories) {
      const version = String(minVersion(advisory.affected));
      const entry = { name: advisory.package, version, path: 'node_modules/x', isForDevelopment: false };
      expect(findAffected([entry], [advisory])).toEqual([expect.stringMatching(new RegExp(`${advisory.id}.*; mended in \\d`))]);
    }
    const old = { name: 'koa', version: '3.0.0', path: 'node_modules/koa', isForDevelopment: false };
    expect(findAffected([old], advisories)).toEqual([
      'koa 3.0.0 (node_modules/koa, shipped): GHSA-7gcc-r8m5-44qm, the Host header decides ctx.hostname by what stands before an @; mended in 3.1.2',
    ]);
    expect(findAffected([{ ...old, version: '3.1.2' }], advisories)).toEqual([]);
  });
});
