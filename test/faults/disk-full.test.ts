import { requestToken } from '../../testbed/app.js';
import { kind } from '../../testbed/database.js';
import { startProcess, until } from '../../testbed/process.js';
import { createPrivateDatabase } from './support/private-database.js';
import { CAN_MOUNT, createSmallDisk, type SmallDisk } from './support/small-disk.js';
import { ADMIN, type Subject, startSubject } from './support/subject.js';
import { endure } from './support/trouble.js';

/** An empty MariaDB has 130 MB. */
const MEGABYTES = { sqlite: 16, mysql: 320 };
const REFUSALS = 10;
const TOKENS = 100;

let disk: SmallDisk;
let subject: Subject;
let removeDatabase = async () => undefined as unknown;

beforeEach(async () => {
  if (!CAN_MOUNT) return;
  disk = createSmallDisk(MEGABYTES[kind]);
  if (kind === 'sqlite') {
    subject = await startSubject({}, { url: `sqlite:${disk.folder}/latchkey.db`, folder: disk.folder });
    return;
  }
  const database = await createPrivateDatabase(disk.folder);
  removeDatabase = database.remove;
  subject = await startSubject({}, database);
});
afterEach(async () => {
  if (!CAN_MOUNT) return;
  disk.free();
  await subject.remove();
  await removeDatabase();
  disk.remove();
});

/** With CI=true it is not skipped, and fails. */
const itOnSmallDisk = CAN_MOUNT || process.env.CI === 'true' ? it : it.skip;

itOnSmallDisk('a full disk: writes are refused, tokens are issued, nothing is lost, and writes go on once there is room', async () => {
  const { writes, tokens } = await endure(subject, 'disk full', async () => {
    const { ledger } = subject;
    const since = performance.now();
    disk.fill();
    await until(
      () => ledger.tally('writes', since).refused >= REFUSALS && ledger.tally('tokens', since).acknowledged > TOKENS,
      () => JSON.stringify([ledger.tally('writes', since), ledger.tally('tokens', since)]),
    );
    disk.free();
  });
  expect(writes.refused).toBeGreaterThanOrEqual(REFUSALS);
  expect(tokens.refused).toBe(0);
});

/** A database server may still have room in its own files. */
const itOnSmallDiskOfOurs = kind === 'sqlite' ? itOnSmallDisk : it.skip;

itOnSmallDiskOfOurs('a full disk: a command, and a server that starts, end with a sentence, and who serves goes on', async () => {
  disk.fill();
  for (const script of ['start', 'admin:reset']) {
    const program = await startProcess(subject.database, {}, script);
    expect(await program.exit).toBe(1);
    expect(program.output()).toMatch(/^The database cannot be used: the disk is full\.$/m);
    expect(program.output()).not.toContain('    at ');
  }
  expect((await requestToken({ url: subject.issuer }, ADMIN)).status).toBe(200);
});
