// Brings up deploy/cluster on this machine: three nodes of MariaDB with Galera, two servers, and HAProxy before both.
import { createInterface } from 'node:readline';
import { Cluster } from '../testbed/cluster.ts';
import { missingPackages } from '../testbed/galera.ts';

const write = (text: string) => process.stdout.write(`${text}\n`);

async function main(): Promise<void> {
  const missing = missingPackages();
  if (missing.length > 0) {
    process.stderr.write(`A cluster needs what is not installed here. On Debian: apt-get install ${missing.join(' ')}\n`);
    process.exit(1);
  }
  write('Starting three nodes, two servers and HAProxy, which takes some seconds ...');
  const cluster = await Cluster.create({ LOG_LEVEL: 'info' });
  tell(cluster);
  createInterface({ input: process.stdin }).on('line', (line) => void obey(cluster, line).then(write, ({ message }) => write(message)));
  await new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, resolve);
  });
  write('Ending all, and removing the data ...');
  await cluster.remove();
}

function tell(cluster: Cluster): void {
  const { url, admin, haproxy, servers, nodes, databaseUrl, folder } = cluster;
  write(`
  Console        ${url}      ${admin.clientId}, ${admin.secret}
  Database       ${databaseUrl}
  HAProxy        process ${haproxy.pid}`);
  servers.forEach((server, index) => {
    write(`  Server ${index + 1}       process ${server.child.pid}, ${server.url}`);
  });
  for (const { name, pid, port } of nodes) write(`  Node ${name}       process ${pid}, port ${port}, log ${folder}/${name}/log`);
  write(`
  End one with kill -9, freeze it with kill -STOP, and see what follows. Ctrl-C ends all.
  Type "start db1" to start a node that ended, "position db1" for how far it came, "bootstrap db1" to let it begin.`);
}

/** What `docker compose` does with a node in deploy/cluster/README.md. @returns what is to be told */
async function obey(cluster: Cluster, line: string): Promise<string> {
  const [, what, name] = /^\s*(start|position|bootstrap)\s+(\S+)\s*$/.exec(line) ?? [];
  const node = cluster.nodes.find((one) => one.name === name);
  if (!node) return 'Type start, position or bootstrap, and db1, db2 or db3.';
  if (node.isRunning) return `${name} runs as process ${node.pid}.`;
  if (what === 'position') return Object.values(node.position()).join(':');
  if (what === 'bootstrap') {
    node.bootstrap();
    return `${name} begins the cluster at its next start.`;
  }
  node.launch();
  return `${name} starts as process ${node.pid}; its log tells how far it is.`;
}

await main();
