import 'reflect-metadata';
import { readFileSync, writeFileSync } from 'node:fs';
import { lexicographicSortSchema, printSchema } from 'graphql';
import { createSchema } from './graphql/operations.js';

const FILE = 'schema.graphql';

/** `npm run schema` writes the schema that the code defines; with `--check` it only compares, and exits 1 when they differ. */
const schema = `${printSchema(lexicographicSortSchema(createSchema()))}\n`;
if (!process.argv.includes('--check')) {
  writeFileSync(FILE, schema);
} else if (readFileSync(FILE, 'utf8') !== schema) {
  process.stderr.write(`${FILE} is not what the code defines: run "npm run schema".\n`);
  process.exitCode = 1;
}
