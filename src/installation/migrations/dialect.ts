import type { QueryRunner } from 'typeorm';

/** The few words in which the two dialects differ. Text is compared byte by byte on both, trailing blanks included. */
export async function dialect(runner: QueryRunner) {
  if (runner.connection.options.type === 'better-sqlite3') return { moment: 'datetime', flag: 'boolean', longText: 'text', tail: '' };
  const [{ version }] = await runner.query('SELECT VERSION() AS version');
  const collation = /mariadb/i.test(version) ? 'utf8mb4_nopad_bin' : 'utf8mb4_0900_bin';
  return {
    moment: 'datetime(3)',
    flag: 'tinyint(1)',
    // MySQL's plain text ends at 64 KiB.
    longText: 'mediumtext',
    tail: `ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE ${collation}`,
  };
}
