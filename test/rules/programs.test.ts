import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildEnvironment } from '../../scripts/build-environment.mjs';
import { SETTING_NAMES } from '../../src/platform/config.js';

const root = join(import.meta.dirname, '../..');
const sources = globSync('{src,scripts}/**/*.{ts,tsx,mjs}', { cwd: root });
const read = (path: string) => readFileSync(join(root, path), 'utf8');

it('the server and its commands start no program but workers, which are the server', () => {
  const starters = sources.filter((path) => path.startsWith('src/') && /^import (?!type ).*'(node:)?child_process'/m.test(read(path)));
  expect(starters).toEqual([]);
  expect(sources.filter((path) => /\bfork\(/.test(read(path)))).toEqual(['src/server/workers/worker-process.ts']);
});

it('every script that starts a program says what environment it gets', () => {
  const calls = sources.flatMap((path) =>
    [...read(path).matchAll(/(?<![.\w])(?:spawn|spawnSync|exec|execFile|execFileSync|execSync)\(([\s\S]*?)\}\)/g)].map(([call]) => ({
      path,
      call,
    })),
  );
  expect(calls.length).toBeGreaterThan(0);
  expect(calls.filter(({ call }) => !/env: (?:\{ \.\.\.)?buildEnvironment\(process\.env\)/.test(call))).toEqual([]);
});

it('what installs and builds gets no setting of the server', () => {
  const given = Object.fromEntries([...SETTING_NAMES, 'SOME_TOKEN', 'AWS_SECRET_ACCESS_KEY'].map((name) => [name, 'x']));
  const needed = { PATH: '/bin', HOME: '/home/x', npm_config_registry: 'https://registry.example', HTTPS_PROXY: 'http://proxy.example' };
  expect(buildEnvironment({ ...given, ...needed })).toEqual(needed);
});
