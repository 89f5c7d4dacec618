import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** Builds the pages that the server serves: `dist/console/<page>.html`, and what they load under `assets/`. */
export default defineConfig({
  root: 'src/console',
  plugins: [react()],
  build: {
    outDir: '../../dist/console',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 5000,
    rollupOptions: { input: { graphiql: 'src/console/graphiql.html' } },
  },
});
