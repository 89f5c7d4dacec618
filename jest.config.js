/** What every project has. */
export const shared = {
  testEnvironment: 'node',
  modulePathIgnorePatterns: ['<rootDir>/.builds/'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          parser: { syntax: 'typescript', decorators: true },
          target: 'es2023',
          transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
        },
        module: { type: 'es6' },
      },
    ],
  },
  setupFiles: ['reflect-metadata'],
};

/** The project whose tests run on a MySQL-protocol server. */
export const onMysql = {
  ...shared,
  displayName: 'mysql',
  globals: { databaseKind: 'mysql' },
  globalSetup: '<rootDir>/testbed/start-mysql.js',
  globalTeardown: '<rootDir>/testbed/stop-mysql.js',
  setupFilesAfterEnv: ['<rootDir>/testbed/skip-without-mysql.ts'],
};

/** The project whose tests run on the embedded database. */
export const onSqlite = { ...shared, displayName: 'sqlite', globals: { databaseKind: 'sqlite' } };

/** How pages look and behave, what they do with answers that the test makes up or delays, and what a checkout does with its own files: no database has a part in it. */
const WITHOUT_DATABASE = ['<rootDir>/test/(console-(looks|faults|races|manners)|checkout)\\.test\\.ts'];

/** Every other test runs on SQLite and on a MySQL-protocol server; those under `test/rules` and `test/seams` touch no database of ours and run once. */
export default {
  // More than the cores of a small machine: servers and browsers are waited for a good part of the time.
  maxWorkers: 3,
  // Nothing is measured by it: what waits has bounds of its own (`testbed/process`), and a slow machine is no fault.
  testTimeout: 900_000,
  reporters: ['default', '<rootDir>/testbed/closing-line.js'],
  projects: [
    { ...shared, displayName: 'rules', testMatch: ['<rootDir>/test/(rules|seams)/*.test.ts'] },
    { ...onSqlite, testMatch: ['<rootDir>/test/*.test.ts', '<rootDir>/test/sqlite/*.test.ts'] },
    {
      ...onMysql,
      testMatch: ['<rootDir>/test/*.test.ts', '<rootDir>/test/mysql/*.test.ts'],
      testPathIgnorePatterns: ['/node_modules/', ...WITHOUT_DATABASE],
    },
  ],
};
