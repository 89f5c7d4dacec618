import { requireNode } from './platform/node-version.js';

requireNode();
const { run } = await import('./process.js');
await run();
