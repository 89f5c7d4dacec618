import 'reflect-metadata';
import { createDataSource } from './src/installation/data-source.js';
import { readDatabases } from './src/platform/config.js';

/** The data source of the TypeORM command line: `npm run typeorm -- migration:show`. */
export default createDataSource(readDatabases().migrationDatabase);
