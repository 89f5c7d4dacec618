import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { readConfig, SETTING_NAMES } from '../../src/platform/config.js';
import { interpolate } from '../../testbed/interpolation.js';

const folder = join(import.meta.dirname, '../../deploy/cluster');
const read = (name: string) => readFileSync(join(folder, name), 'utf8');

const { services, networks, volumes } = parse(read('compose.yml'), { merge: true });
const galera = read('galera.cnf');
const haproxy = read('haproxy.cfg');
const nodes = ['db1', 'db2', 'db3'];
const servers = ['latchkey1', 'latchkey2'];
const addressOf = (name: string): string => services[name].networks.cluster.ipv4_address;

describe('the cluster that is delivered', () => {
  it('gives every service an address of its own in its network', () => {
    const addresses = Object.keys(services).map(addressOf);
    expect(new Set(addresses).size).toBe(6);
    const { subnet } = networks.cluster.ipam.config[0];
    for (const address of addresses) expect(address.replace(/\d+$/, '0/24')).toBe(subnet);
  });

  it('starts each server with settings that it knows, on the database that HAProxy offers', () => {
    for (const name of servers) {
      const own = Object.entries<string>(services[name].environment);
      expect(own.map(([setting]) => setting).filter((setting) => !SETTING_NAMES.includes(setting))).toEqual([]);
      const config = readConfig(Object.fromEntries(own.map(([setting, value]) => [setting, interpolate(value)])));
      const { MARIADB_USER: user, MARIADB_DATABASE: database } = services.db1.environment;
      const [host, port] = services.haproxy.environment.DATABASE_BIND.split(':');
      expect(config.database).toMatchObject({ place: { host, port: Number(port) }, user, password: 'given', database });
      expect(config.trustProxy).toBe(1);
      expect(services.haproxy.environment[name.toUpperCase()]).toBe(`${addressOf(name)}:${config.port}`);
    }
  });

  it('names each node to the others and to HAProxy', () => {
    const members = nodes.map(addressOf);
    expect(galera).toContain(`wsrep_cluster_address = gcomm://${members.join()}\n`);
    for (const [index, name] of nodes.entries()) {
      expect(services[name].command).toEqual([`--wsrep-node-name=${name}`, `--wsrep-node-address=${members[index]}`]);
      expect(services.haproxy.environment[name.toUpperCase()]).toBe(`${members[index]}:3306`);
      expect(services[name].volumes[0]).toBe(`${name}:/var/lib/mysql`);
      expect(Object.keys(volumes)).toContain(name);
    }
  });

  it('tells HAProxy everything that its configuration asks for, and nothing else', () => {
    const asked = [...haproxy.matchAll(/"\$\{(\w+)(?:\[\*\])?\}"/g)].map(([, name]) => name as string);
    expect([...new Set(asked)].sort()).toEqual(Object.keys(services.haproxy.environment).sort());
  });

  it('mounts files that are there, so that none may be changed', () => {
    const mounted = Object.values<{ volumes?: string[] }>(services).flatMap(({ volumes: all = [] }) =>
      all.filter((volume) => volume.startsWith('./')),
    );
    const files = mounted.map((volume) => /^\.\/([^:]+):[^:]+:ro$/.exec(volume)?.[1]);
    expect([...new Set(files)].sort()).toEqual(
      readdirSync(folder)
        .filter((file) => !/\.(yml|md)$/.test(file))
        .sort(),
    );
  });

  it('holds no secret of its own, and runs nothing with rights that it does not need', () => {
    for (const name of nodes) expect(services[name].environment.MARIADB_PASSWORD).toMatch(/^\$\{MARIADB_PASSWORD:\?/);
    for (const name of servers) expect(services[name].environment.ENCRYPTION_KEY).toMatch(/^\$\{ENCRYPTION_KEY:\?/);
    for (const [name, service] of Object.entries<{ cap_drop: string[]; user?: string }>(services)) {
      expect(service.cap_drop).toEqual(['ALL']);
      if (nodes.includes(name)) expect(service.user).toBe('mysql');
    }
  });

  it('says of each message of the health check how long it is', () => {
    const query = /tcp-check send "(SHOW [^"]+)"/.exec(haproxy)?.[1] as string;
    expect(haproxy).toContain(`send-binary ${(query.length + 1).toString(16)}00000003`);
  });
});
