// Brings up deploy/cluster on this machine: three nodes of MariaDB with Galera, two servers, and HAProxy before both.
import { Cluster } from '../test/support/cluster.ts';
import { missingPackages } from '../test/support/galera.ts';

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
  write('\n  End one with kill -9, freeze it with kill -STOP, and see what follows. Ctrl-C ends all.');
}

await main();
