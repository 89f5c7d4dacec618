import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SecretFile } from '../../src/installation/secret-file.service.js';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-secret-'));
  path = join(folder, 'admin-secret');
});
afterEach(() => rmSync(folder, { recursive: true }));

const drafts = () => readdirSync(folder).filter((name) => name.includes('.new-'));
const contentOf = (name: string) => readFileSync(join(folder, name), 'utf8');

it('is there once the secret is in force, for its owner alone', () => {
  const file = new SecretFile(path);
  file.write('first');
  file.write('second');
  expect(readdirSync(folder)).toEqual(drafts());
  file.keep();
  file.takeBack();
  expect([readdirSync(folder), contentOf('admin-secret'), statSync(path).mode & 0o777]).toEqual([['admin-secret'], 'first\n', 0o600]);
});

it('leaves nothing behind when the secret does not come into force, or cannot be written', () => {
  const file = new SecretFile(path);
  file.write('first');
  file.takeBack();
  expect(readdirSync(folder)).toEqual([]);
  symlinkSync(join(folder, 'elsewhere'), path);
  expect(() => file.write('second')).toThrow('it is there already: move it away. Nothing was changed.');
  expect(() => new SecretFile(join(folder, 'none', 'x')).write('third')).toThrow('ENOENT');
  expect(readdirSync(folder)).toEqual(['admin-secret']);
});

it('does not write over what somebody has made meanwhile, and says where the secret is', () => {
  const file = new SecretFile(path);
  file.write('first');
  writeFileSync(path, 'theirs');
  expect(() => file.keep()).toThrow(drafts()[0]);
  file.takeBack();
  expect([contentOf('admin-secret'), contentOf(drafts()[0] as string)]).toEqual(['theirs', 'first\n']);
});

it('is written again when another has cleared it away before the secret came into force', () => {
  const [file, other] = [new SecretFile(path), new SecretFile(path)];
  file.write('first');
  other.clear();
  other.write('theirs');
  file.clear();
  file.write('first');
  file.keep();
  expect([readdirSync(folder), contentOf('admin-secret')]).toEqual([['admin-secret'], 'first\n']);
  const lost = new SecretFile(join(folder, 'lost'));
  lost.write('second');
  new SecretFile(join(folder, 'lost')).clear();
  expect(() => lost.keep()).toThrow('ENOENT');
});

it('is made of what was left of a secret that is in force, and of nothing else', async () => {
  writeFileSync(`${path}.new-000000000000`, 'never\n');
  writeFileSync(`${path}.new-111111111111`, 'in force\n');
  writeFileSync(`${path}.new-note`, 'in force\n');
  // Of another installation, whose file has a longer name.
  writeFileSync(`${path}.b.new-222222222222`, 'in force\n');
  const file = new SecretFile(path);
  const recover = () => file.recover(async (secret) => secret === 'in force');
  expect([await recover(), await recover()]).toEqual([true, false]);
  expect(contentOf('admin-secret')).toBe('in force\n');
  file.clear();
  expect(readdirSync(folder).sort()).toEqual(['admin-secret', 'admin-secret.b.new-222222222222', 'admin-secret.new-note']);
});

it('is good when another process has made it of the same secret, and says so when what was written is gone', async () => {
  const [file, lost] = [new SecretFile(path), new SecretFile(join(folder, 'lost'))];
  file.write('first');
  await new SecretFile(path).recover(async () => true);
  file.keep();
  expect([readdirSync(folder), contentOf('admin-secret')]).toEqual([['admin-secret'], 'first\n']);
  lost.write('second');
  new SecretFile(join(folder, 'lost')).clear();
  writeFileSync(join(folder, 'lost'), 'theirs');
  expect(() => lost.keep()).toThrow(/which is gone: "npm run admin:reset" makes another/);
});
