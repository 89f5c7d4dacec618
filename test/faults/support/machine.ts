import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answers, until } from '../../../testbed/process.js';
import { runIn, runLines } from './two-releases.js';

const unit = readFileSync(join(import.meta.dirname, '../../../deploy/systemd/latchkey.service'), 'utf8');
const FOLDERS = ['opt', 'etc/latchkey', 'var/backups', 'tmp', 'bin'];

/**
 * A folder that stands for a machine with the service of `deploy/systemd` on it, run from an archive. Its `systemctl` does what the unit
 * says is done at a start and a reload.
 */
export class Machine {
  readonly issuer: string;
  readonly folder = mkdtempSync(join(tmpdir(), 'latchkey-machine-'));

  /** @param settings as they are in `/etc/latchkey/settings`, with the encryption key that is in a file of its own */
  constructor(
    readonly port: number,
    { ENCRYPTION_KEY, ...settings }: Record<string, string>,
  ) {
    this.issuer = settings.ISSUER as string;
    for (const name of FOLDERS) mkdirSync(this.at(name), { recursive: true });
    const lines = Object.entries({ ...settings, PORT: String(port) }).map(([name, value]) => `${name}='${value}'\n`);
    writeFileSync(this.at('etc/latchkey/settings'), lines.join(''));
    writeFileSync(this.at('etc/latchkey/encryption-key'), ENCRYPTION_KEY as string);
    writeFileSync(this.at('bin/systemctl'), this.#systemctl());
    chmodSync(this.at('bin/systemctl'), 0o755);
  }

  at(path: string): string {
    return join(this.folder, path);
  }

  /** Unpacks a release, lets the service be that one, and waits until it is ready. */
  async begin(archive: string, version: string): Promise<void> {
    await runIn(this.at('opt'), ['tar', 'xzf', archive]);
    await this.run(`ln -s latchkey-${version} /opt/latchkey\nsystemctl start latchkey`);
    await this.ready();
  }

  /** Waits until what runs is ready. */
  ready(): Promise<void> {
    return until(
      () => answers(`http://127.0.0.1:${this.port}/health/ready`, 200),
      () => this.output(),
    );
  }

  /** Runs lines of a document, at the first that fails to no further. */
  run(lines: string): Promise<string> {
    return runLines(this.folder, `PATH=${this.at('bin')}:$PATH\n${this.#here(lines)}`);
  }

  /** Everything that the service has logged. */
  output(): string {
    return existsSync(this.at('log')) ? readFileSync(this.at('log'), 'utf8') : '';
  }

  async remove(): Promise<void> {
    if (existsSync(this.at('pid'))) await this.run('systemctl stop latchkey');
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** The machine's own paths and port, where a document has those of every machine. */
  #here(lines: string): string {
    return lines
      .replaceAll(/(?<=^|[\s=:])\/(opt|etc|var|tmp)\b/gm, `${this.folder}/$1`)
      .replaceAll('127.0.0.1:4000', `127.0.0.1:${this.port}`);
  }

  #systemctl(): string {
    const [start, reload] = ['ExecStart', 'ExecReload'].map((name) => new RegExp(`^${name}=(.*)$`, 'm').exec(unit)?.[1] as string);
    // An archive has no Node.
    const command = this.#here((start as string).replace('/opt/latchkey/node_modules/.bin/node', '"$NODE"'));
    return `#!/bin/bash
set -eu
cd ${this.folder}
MAINPID=$(cat pid 2>/dev/null || true)
NODE=${process.execPath}
begin() {
  (set -a; . etc/latchkey/settings; ENCRYPTION_KEY_FILE=$PWD/etc/latchkey/encryption-key; cd opt/latchkey; exec ${command}) >> log 2>&1 < /dev/null &
  echo $! > pid
}
end() {
  kill -TERM "$MAINPID"
  while kill -0 "$MAINPID" 2>/dev/null; do sleep 0.05; done
  rm pid
}
case "$1 $2" in
  'start latchkey') begin ;;
  'reload latchkey') ${reload} ;;
  'restart latchkey') end; begin ;;
  'stop latchkey') end ;;
  *) exit 1 ;;
esac
`;
  }
}
