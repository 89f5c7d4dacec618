import { onMysql, onSqlite, shared } from './jest.config.js';

/**
 * Faults caused on purpose, on real parts. Few at a time, so that what is measured is theirs.
 * Those under `test/faults/cluster` bring a cluster of databases of their own.
 */
export default {
  // More where there is little time: faults are mostly waited for.
  maxWorkers: process.env.CI === 'true' ? 3 : 2,
  testTimeout: 900_000,
  reporters: ['default', '<rootDir>/testbed/closing-line.js'],
  projects: [
    { ...onSqlite, testMatch: ['<rootDir>/test/faults/*.test.ts', '<rootDir>/test/faults/sqlite/*.test.ts'] },
    { ...onMysql, testMatch: ['<rootDir>/test/faults/*.test.ts', '<rootDir>/test/faults/mysql/*.test.ts'] },
    { ...shared, displayName: 'cluster', testMatch: ['<rootDir>/test/faults/cluster/*.test.ts'] },
  ],
};
