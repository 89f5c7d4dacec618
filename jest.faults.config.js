import { onMysql, onSqlite, shared } from './jest.config.js';

/**
 * Faults caused on purpose, on real parts, one after the other: what is measured is not shared with another test.
 * Those under `test/faults/cluster` bring a cluster of databases of their own.
 */
export default {
  // Several where there is little time: faults are mostly waited for.
  maxWorkers: process.env.CI === 'true' ? 3 : 1,
  testTimeout: 120_000,
  reporters: ['default', '<rootDir>/test/support/closing-line.js'],
  projects: [
    { ...onSqlite, testMatch: ['<rootDir>/test/faults/*.test.ts', '<rootDir>/test/faults/sqlite/*.test.ts'] },
    { ...onMysql, testMatch: ['<rootDir>/test/faults/*.test.ts', '<rootDir>/test/faults/mysql/*.test.ts'] },
    { ...shared, displayName: 'cluster', testMatch: ['<rootDir>/test/faults/cluster/*.test.ts'] },
  ],
};
