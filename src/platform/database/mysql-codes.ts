/**
 * What an error that a server sent means for whoever asked:
 * - `over`: the connection has ended, or the node serves nothing: another connection may lead to one that does
 * - `readOnly`: the node does not write any more: another one does
 * - `undone`: the transaction was taken back for certain, and may well succeed when it is done again
 * - `interrupted`: the statement was ended by somebody else. Of a COMMIT it is not known what became of it
 * - `unable`: it is there and cannot, and asking the same session again at once is of no use. It has the rights and the limits that there
 *   were when it was opened: one that is opened later may have others
 */
export type Meaning = 'over' | 'readOnly' | 'undone' | 'interrupted' | 'unable';

/**
 * Every number with which MySQL, MariaDB, Galera and proxies before them refuse a statement of ours, or end a connection.
 * By number: the driver has no name for what MariaDB and proxies alone say.
 */
const MEANINGS: Record<Meaning, Record<number, string>> = {
  over: {
    1040: 'too many connections, as a proxy says it of its own to the server',
    1047: 'Galera: the node is not part of its cluster, or was told to refuse',
    1053: 'the server is shutting down',
    1077: 'the server is shutting down in an orderly way',
    1079: 'the shutdown is complete',
    1080: 'the server closes connections by force',
    1152: 'the connection was aborted',
    1158: 'a packet could not be read',
    1159: 'a packet was not read in time',
    1160: 'a packet could not be written',
    1161: 'a packet was not written in time',
    1184: 'a new connection was aborted',
    1203: 'too many connections of the user, as a proxy says it of its own to the server',
    1226: 'a limit of the user is reached, which holds for this connection as long as it is open',
    1927: 'MariaDB, MaxScale: the connection was killed',
    2002: 'a proxy cannot reach the server by its socket',
    2003: 'a proxy cannot reach the server',
    2006: 'a proxy: the server has gone away',
    2013: 'a proxy: the connection to the server was lost',
    3032: 'the server is in offline mode',
    3168: 'the server is not available',
    3169: 'the session was killed',
    4031: 'the connection was closed because it was idle (wait_timeout)',
    9001: 'ProxySQL: no server of the group could be reached in time',
  },
  readOnly: {
    1290: 'the server runs with --read-only or --super-read-only',
    1792: 'transactions only read by default',
    1836: 'the server is in read-only mode (innodb_read_only, innodb_force_recovery, Aurora)',
    1874: 'InnoDB only reads',
  },
  undone: {
    1020: 'MariaDB: the row was changed since the snapshot (innodb_snapshot_isolation)',
    1205: 'a lock was not had in time',
    1206: 'there was no memory for more locks',
    1213: 'a deadlock; Galera: another node was faster',
    1412: 'the table was altered since the snapshot',
    1615: 'the statement has to be prepared again',
    1637: 'too many transactions at once',
    3101: 'Group Replication: another node was faster',
  },
  interrupted: {
    1317: 'KILL QUERY',
    1969: 'MariaDB: max_statement_time',
    3024: 'MySQL: max_execution_time',
    3100: 'Group Replication: a hook of the COMMIT failed',
  },
  unable: {
    1004: 'a file could not be made',
    1016: 'a file could not be opened',
    1017: 'a file was not found',
    1021: 'the disk is full',
    1026: 'a file could not be written',
    1030: 'the storage engine failed, as with a full disk',
    1036: 'the table only reads',
    1037: 'no memory',
    1038: 'no memory to sort',
    1041: 'no memory',
    1114: 'the table is full, as with a full disk',
    1135: 'no thread can be made',
    1180: 'an error during COMMIT',
    1142: 'the user may not do this with the table',
    1143: 'the user may not do this with the column',
    1146: 'the table is not there; MariaDB: or there was no file left to open it with',
    1153: 'the statement is larger than max_allowed_packet',
    1194: 'the table is damaged',
    1227: 'the user lacks a right of administrators',
    1461: 'there are too many prepared statements (max_prepared_stmt_count)',
    1665: 'the binary log is of statements',
    1712: 'an index is damaged',
    1812: 'the file of the table is gone',
    1878: 'a temporary file could not be written',
    1932: 'the table is gone from the engine',
    3019: 'the undo log is full',
    3989: 'the database only reads (ALTER DATABASE … READ ONLY)',
  },
};

const byNumber = new Map(
  Object.entries(MEANINGS).flatMap(([meaning, numbers]) => Object.keys(numbers).map((number) => [Number(number), meaning as Meaning])),
);

/** Below are those of its files and its memory, whatever was asked. */
const FIRST_OF_STATEMENTS = 1000;

/** What a server's error means; undefined when it says something of the statement itself. */
export function meaningOf(errno: number): Meaning | undefined {
  return errno > 0 && errno < FIRST_OF_STATEMENTS ? 'unable' : byNumber.get(errno);
}

/** Why no connection is made at the moment: it is well worth trying again, and nobody has to mend a setting first. */
export const PASSING_REFUSALS: ReadonlySet<number> = new Set([
  1040, // too many connections
  1041, // no memory
  1129, // the host is blocked after too many errors
  1135, // no thread can be made
  1203, // too many connections of this user
  1226, // a limit of the user is reached
  3955, // the account is locked for a while after wrong passwords
]);
