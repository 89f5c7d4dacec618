import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { OLDEST_NODES } from '../../src/platform/node-version.js';

const root = join(import.meta.dirname, '../..');

/** What a process says whose Node is, to the server's mind, of this version. */
function tell(version: string): { status: number | null; stderr: string } {
  const script = `import { requireNode } from ${JSON.stringify(join(root, 'dist/src/platform/node-version.js'))}; requireNode(${JSON.stringify(version)});`;
  return spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
}

it.each(['18.20.0', '20.20.2', '21.7.0', '22.22.5', '22.23.1', '23.11.0', '24.14.0', '24.18.0', '25.9.0', '26.5.0'])(
  'refuses Node %s, which drops headers in silence or has come to its end',
  (version) => {
    const { status, stderr } = tell(version);
    expect([status, stderr]).toEqual([1, expect.stringContaining(`this is Node ${version}`)]);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  },
);

it.each([...OLDEST_NODES, '22.24.0', '24.21.0', '26.6.0', '27.0.0', '28.1.0', process.versions.node])('takes Node %s', (version) => {
  expect(tell(version).status).toBe(0);
});

it('is asked for by the README and by what prepares a checkout as well, and comes along', () => {
  const setup = readFileSync(join(root, 'scripts/setup.mjs'), 'utf8');
  expect(/const OLDEST_NODES_TO_RUN = \[(.*)\];/.exec(setup)?.[1]).toBe(OLDEST_NODES.map((version) => `'${version}'`).join(', '));
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  for (const version of OLDEST_NODES) expect(readme).toContain(version);
  const { optionalDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  for (const version of Object.values(optionalDependencies) as string[]) {
    expect(tell(version).status).toBe(0);
    const images = readFileSync(join(root, 'Dockerfile'), 'utf8').match(/^FROM node:[\d.]+/gm);
    expect(new Set(images)).toEqual(new Set([`FROM node:${version.split('.').slice(0, 2).join('.')}`]));
  }
});
