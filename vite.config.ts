import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';

/** Builds the pages that the server serves: `dist/console/<page>.html`, and what they load under `assets/`. */
export default defineConfig({
  root: 'src/console',
  plugins: [compressedCopies()],
  build: {
    outDir: '../../dist/console',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 5000,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      input: { graphiql: 'src/console/graphiql.html' },
      onLog(level, log, handle) {
        // GraphiQL's packages carry a directive for React's compiler, which has run already.
        if (log.code !== 'MODULE_LEVEL_DIRECTIVE') handle(level, log);
      },
    },
  },
});

/** Puts a gzipped copy beside every asset. The server sends it to browsers that take it: a quarter of the bytes. */
function compressedCopies(): Plugin {
  return {
    name: 'compressed-copies',
    async writeBundle({ dir = '' }, bundle) {
      const files = Object.keys(bundle).filter((name) => name.startsWith('assets/'));
      await Promise.all(files.map((name) => compress(join(dir, name))));
    },
  };
}

async function compress(file: string): Promise<void> {
  await writeFile(`${file}.gz`, await promisify(gzip)(await readFile(file), { level: 9 }));
}
