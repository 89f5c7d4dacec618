import { requireNode } from './platform/node-version.js';

requireNode();
if (process.argv.includes('--version')) {
  const { VERSION } = await import('./platform/version.js');
  process.stdout.write(`${VERSION}\n`);
} else {
  const { run } = await import('./process.js');
  await run();
}
