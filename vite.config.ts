import { defineConfig } from 'vite';

/** Builds the pages that the server serves: `dist/console/<page>.html`, and what they load under `assets/`. */
export default defineConfig({
  root: 'src/console',
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
