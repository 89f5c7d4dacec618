import { explainFileFault } from '../../src/installation/backups/file-fault.js';
import { reasonOf } from '../../src/platform/database/sentences.js';

function fault(code: string): Error {
  return Object.assign(new Error('what the driver says'), { code });
}

it('a disk that is full is called that, in whichever file there was no room', () => {
  for (const code of ['SQLITE_FULL', 'SQLITE_IOERR_SHMSIZE', 'ER_RECORD_FILE_FULL', 'ENOSPC', 'EDQUOT']) {
    expect(reasonOf(fault(code))).toMatch(/disk is full$/);
    expect((explainFileFault(fault(code), 'The backup') as Error).message).toMatch(
      /^The backup failed: .*disk is full\. Nothing was changed\.$/,
    );
  }
});

it('a fault of the database is told as such, and what nobody knows by its code', () => {
  expect((explainFileFault(fault('SQLITE_IOERR_READ'), 'The backup') as Error).message).toBe(
    'The backup failed: the database cannot be used: its disk fails. Nothing was changed.',
  );
  expect((explainFileFault(fault('EWEIRD'), 'The restore') as Error).message).toBe(
    'The restore failed: the system says EWEIRD. Nothing was changed.',
  );
});
