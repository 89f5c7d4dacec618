import { globSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { codegen } from '@graphql-codegen/core';
import * as typedDocumentNode from '@graphql-codegen/typed-document-node';
import * as typescriptOperations from '@graphql-codegen/typescript-operations';
import { parse } from 'graphql';
import { defineConfig, type Plugin } from 'vite';

const CONSOLE = 'src/console';

/** Builds the page that the server serves: `dist/console/console.html`, and what it loads under `assets/`. */
export default defineConfig({
  root: CONSOLE,
  plugins: [typedOperations(), compressedCopies(), packageList()],
  build: {
    outDir: '../../dist/console',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 5000,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      input: { console: `${CONSOLE}/console.html` },
      // On a slow machine it would tell whoever starts a server for the first time which plugin takes how long.
      checks: { bundlerTimings: false },
      onLog(level, log, handle) {
        // These packages carry directives for React's compiler and for servers, which mean nothing here.
        if (log.code !== 'MODULE_LEVEL_DIRECTIVE') handle(level, log);
      },
    },
  },
});

/** Writes `api/generated.ts`: every operation of the console, with its types as `schema.graphql` has them. */
function typedOperations(): Plugin {
  return {
    name: 'typed-operations',
    async buildStart() {
      const documents = globSync(`${CONSOLE}/**/*.graphql`).sort();
      documents.forEach((file) => {
        this.addWatchFile(file);
      });
      await writeFile(join(CONSOLE, 'api/generated.ts'), await generate(documents));
    },
  };
}

async function generate(files: readonly string[]): Promise<string> {
  const documents = files.map(async (location) => ({ location, document: parse(await readFile(location, 'utf8')) }));
  const scalars = { DateTime: 'string', JSONObject: 'Record<string, unknown>', SafeInt: 'number' };
  return codegen({
    filename: 'generated.ts',
    schema: parse(await readFile('schema.graphql', 'utf8')),
    documents: await Promise.all(documents),
    plugins: [{ operations: {} }, { documents: {} }],
    pluginMap: { operations: typescriptOperations, documents: typedDocumentNode },
    config: { scalars, strictScalars: true, skipTypename: true, enumsAsTypes: true, useTypeImports: true, optimizeDocumentNode: true },
  });
}

/** Puts compressed copies beside every asset. The server sends them to browsers that take them: a quarter of the bytes. */
function compressedCopies(): Plugin {
  return {
    name: 'compressed-copies',
    async writeBundle({ dir = '' }, bundle) {
      const files = Object.keys(bundle).filter((name) => name.startsWith('assets/'));
      await Promise.all(files.map((name) => compress(join(dir, name))));
    },
  };
}

/** Writes `dist/page-packages.json`: where the packages are installed that went into the page. */
function packageList(): Plugin {
  return {
    name: 'package-list',
    async writeBundle({ dir = '' }, bundle) {
      const modules = Object.values(bundle).flatMap((part) => (part.type === 'chunk' ? Object.keys(part.modules) : []));
      const paths = modules.map((id) => /\/(node_modules\/(?:.+\/node_modules\/)?(?:@[^/]+\/)?[^/]+)\//.exec(id)?.[1]);
      await writeFile(join(dir, '../page-packages.json'), JSON.stringify([...new Set(paths.filter(Boolean))].sort(), null, 2));
    },
  };
}

async function compress(file: string): Promise<void> {
  const content = await readFile(file);
  await writeFile(`${file}.gz`, await promisify(gzip)(content, { level: 9 }));
  const quality = { [constants.BROTLI_PARAM_QUALITY]: 9 };
  await writeFile(`${file}.br`, await promisify(brotliCompress)(content, { params: quality }));
}
