import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { readConfig, SETTING_NAMES } from '../../src/platform/config.js';
import { interpolate } from '../../testbed/interpolation.js';

const read = (name: string) => readFileSync(join(import.meta.dirname, '../..', name), 'utf8');

const compose = parse(read('docker-compose.yml'));
const dockerfile = read('Dockerfile');
const { scripts } = JSON.parse(read('package.json'));
const imageSettings = Object.fromEntries(
  [...dockerfile.matchAll(/^ENV (.+)$/gm)].flatMap(([, line]) =>
    [...(line ?? '').matchAll(/(\w+)=(\S+)/g)].map(([, name, value]) => [name, value]),
  ),
);

it('sets nothing that the server does not know', () => {
  const names = [...Object.keys(imageSettings), ...Object.keys(compose.services.latchkey.environment)];
  expect(names.filter((name) => !SETTING_NAMES.includes(name))).toEqual([]);
  expect(names.length).toBeGreaterThan(5);
});

it('gives the server settings that it starts with, and that agree with the rest of the file', () => {
  const own = Object.entries<string>(compose.services.latchkey.environment).map(([name, value]) => [name, interpolate(value)]);
  const config = readConfig({ ...imageSettings, ...Object.fromEntries(own) });
  const { mysql, latchkey } = compose.services;
  expect(config.host).toBe('0.0.0.0');
  expect(config.database).toMatchObject({
    place: { host: 'mysql', port: 3306 },
    user: mysql.environment.MYSQL_USER,
    password: 'given',
    database: mysql.environment.MYSQL_DATABASE,
  });
  expect(latchkey.ports).toEqual([`127.0.0.1:${config.port}:${config.port}`]);
  expect(latchkey.depends_on.mysql.condition).toBe('service_healthy');
  expect(mysql.volumes[0].split(':')[0]).toBe(Object.keys(compose.volumes)[0]);
});

it('backs up and restores with the image and the settings of the server, and with the rights that it takes', () => {
  const { mysql, latchkey, tools } = compose.services;
  expect(tools.environment).toEqual(latchkey.environment);
  expect([tools.profiles, tools.build, tools.read_only]).toEqual([['tools'], latchkey.build, true]);
  // Or it would stay that of the release that it was made with.
  expect([tools.image, latchkey.image]).toEqual(['latchkey', 'latchkey']);
  expect(dockerfile).not.toMatch(/apt-get/);
  const [config] = mysql.configs;
  expect(compose.configs[config.source].content.trim()).toBe(
    `GRANT ALL ON \`${mysql.environment.MYSQL_DATABASE}\\_%\`.* TO ${mysql.environment.MYSQL_USER};`,
  );
});

it('has the services and programs that the documents name', () => {
  const lines = ['docs/running.md', 'docs/upgrades.md']
    .flatMap((name) => read(name).split('\n'))
    .filter((line) => /^ *docker compose /.test(line));
  const named = lines.flatMap((line) => line.match(/(?:exec|run --rm|build|--no-deps)(?: -e \S+)? (\w+)/)?.[1] ?? []);
  expect(new Set(named)).toEqual(new Set(Object.keys(compose.services).filter((name) => name !== 'mysql')));
  const programs = lines.flatMap((line) => /dist\/src\/main\.js ([\w:-]+)/.exec(line)?.[1] ?? []);
  expect(programs.filter((name) => scripts[name] !== `exec node scripts/command.mjs dist/src/main.js ${name}`)).toEqual([]);
  expect(programs).toContain('backup');
});

it('holds no secret of its own', () => {
  for (const name of ['ENCRYPTION_KEY', 'DATABASE_URL']) expect(compose.services.latchkey.environment[name]).toContain('${');
  expect(compose.services.mysql.environment.MYSQL_PASSWORD).toMatch(/^\$\{MYSQL_PASSWORD:\?/);
});

it('runs the image as a user without rights', () => {
  expect(dockerfile.lastIndexOf('USER node')).toBeGreaterThan(dockerfile.lastIndexOf('FROM '));
});
