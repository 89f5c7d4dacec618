// Runs a program for operators as it was built last, by its path in the checkout. Installs and builds nothing: a command changes nothing
// under a server that runs, and works where nothing can be downloaded.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const program = join(root, process.argv[2]);
if (!existsSync(program) || !existsSync(join(root, 'dist'))) {
  process.stderr.write('Latchkey is not built here: run "npm run build" first. Nothing was done.\n');
  process.exit(1);
}
process.argv.splice(1, 2, program);
await import(pathToFileURL(program).href);
