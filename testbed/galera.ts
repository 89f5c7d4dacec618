import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { lastingPort } from './free-port.ts';
import { GaleraNode, type NodePlace } from './galera-node.ts';
import { handOver, lowlyUser } from './unprivileged.ts';

/** What is delivered for a cluster; the very same files run here. */
export const DELIVERED = join(import.meta.dirname, '../deploy/cluster');
/** Whom the servers are at the database. */
export const DATABASE_USER = 'latchkey:private';

const NAMES = ['db1', 'db2', 'db3'];
const PROVIDER = '/usr/lib/galera/libgalera_smm.so';

/** Three nodes that hold the same data. */
export interface Galera {
  nodes: GaleraNode[];
  /** Ends all at once. */
  end(): Promise<void>;
}

/** Programs that a cluster needs and that are not installed, as packages of Debian. */
export function missingPackages(): string[] {
  const isThere = (program: string, option: string) => spawnSync(program, [option]).status === 0;
  return [
    ...(isThere('mariadbd', '--version') ? [] : ['mariadb-server']),
    ...(existsSync(PROVIDER) ? [] : ['galera-4']),
    ...(isThere('rsync', '--version') ? [] : ['rsync']),
    ...(isThere('haproxy', '-v') ? [] : ['haproxy']),
  ];
}

/** Brings up three nodes in a folder. @param database the name of the one that the servers use */
export async function createGalera(folder: string, database: string): Promise<Galera> {
  for (const file of ['galera.cnf', 'node.sh']) copyFileSync(join(DELIVERED, file), join(folder, file));
  const nodes = (await placesOf(folder)).map((place) => new GaleraNode(place));
  const end = async () => void (await Promise.all(nodes.map((node) => node.end())));
  try {
    await begin(folder, nodes as [GaleraNode, ...GaleraNode[]], database);
  } catch (error) {
    await end();
    throw error;
  }
  return { nodes, end };
}

async function begin(folder: string, [first, ...others]: [GaleraNode, ...GaleraNode[]], database: string): Promise<void> {
  execFileSync(
    'mariadb-install-db',
    [
      `--defaults-file=${folder}/galera.cnf`,
      `--datadir=${first.data}`,
      '--auth-root-authentication-method=normal',
      '--skip-test-db',
      '--skip-name-resolve',
    ],
    { ...lowlyUser(), stdio: 'pipe', env: { ...process.env, TMPDIR: first.data } },
  );
  first.bootstrap();
  await first.start();
  await addUsers(first, database);
  await first.signal('SIGTERM');
  // They begin with the same data, so nothing has to be sent to them.
  for (const { data } of others) {
    execFileSync('cp', ['-a', `${first.data}/.`, data]);
    execFileSync('rm', [join(data, 'bootstrap')]);
    execFileSync('sed', ['-i', 's/^safe_to_bootstrap: 1/safe_to_bootstrap: 0/', join(data, 'grastate.dat')], lowlyUser());
  }
  await first.start();
  await Promise.all(others.map((node) => node.start()));
}

async function placesOf(folder: string): Promise<NodePlace[]> {
  const ports = await Promise.all(
    NAMES.map(async () => ({ base: await lastingPort(), state: await lastingPort(), missing: await lastingPort() })),
  );
  const cluster = `gcomm://${ports.map(({ base }) => `127.0.0.1:${base}`).join(',')}`;
  return Promise.all(
    ports.map(async ({ base, state, missing }, index) => {
      const name = NAMES[index] as string;
      const own = join(folder, name);
      for (const path of [own, join(own, 'data')]) {
        mkdirSync(path);
        handOver(path);
      }
      const port = await lastingPort();
      const options = [
        `--defaults-file=${folder}/galera.cnf`,
        `--datadir=${own}/data`,
        `--socket=${own}/socket`,
        `--pid-file=${own}/pid`,
        `--port=${port}`,
        '--bind-address=127.0.0.1',
        `--wsrep-node-name=${name}`,
        `--wsrep-node-address=127.0.0.1:${base}`,
        `--wsrep-node-incoming-address=127.0.0.1:${port}`,
        `--wsrep-sst-receive-address=127.0.0.1:${state}`,
        `--wsrep-cluster-address=${cluster}`,
        `--wsrep-provider-options=${deliveredOptions()};gmcast.listen_addr=tcp://127.0.0.1:${base};ist.recv_addr=127.0.0.1:${missing}`,
      ];
      return { name, folder: own, port, script: join(folder, 'node.sh'), options };
    }),
  );
}

/** MariaDB takes these as one text: what is added to them on the command line stands beside what the file has. */
function deliveredOptions(): string {
  return /^wsrep_provider_options = "(.*)"$/m.exec(readFileSync(join(DELIVERED, 'galera.cnf'), 'utf8'))?.[1] as string;
}

/** As the image does it, and then what is delivered. */
async function addUsers(node: GaleraNode, database: string): Promise<void> {
  const [user, password] = DATABASE_USER.split(':');
  const delivered = readFileSync(join(DELIVERED, 'users.sql'), 'utf8').replace(/^--.*$/gm, '');
  const statements = [
    `CREATE DATABASE ${database}`,
    `CREATE USER ${user} IDENTIFIED BY '${password}'`,
    `GRANT ALL ON ${database}.* TO ${user}`,
    ...delivered.split(';').filter((statement) => statement.trim() !== ''),
    `DROP USER IF EXISTS root@'127.0.0.1', root@'::1'`,
  ];
  for (const statement of statements) await node.query(statement);
}
