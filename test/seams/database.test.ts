import { EventEmitter } from 'node:events';
import { Socket } from 'node:net';
import { createConnection, createPool } from 'mysql2';
import { Column, DataSource, Entity, PrimaryColumn, QueryFailedError } from 'typeorm';

@Entity('things')
class Thing {
  @PrimaryColumn('varchar')
  id!: string;

  @Column('varchar')
  tenantId!: string;
}

describe('mysql2', () => {
  it('talks over the socket that the option `stream` gives, has it as `stream`, and hands the option its own `config`', () => {
    const socket = new Socket();
    let given: object | undefined;
    const stream = (options: { config: object }) => {
      given = options.config;
      return socket;
    };
    const connection = createConnection({ host: '127.0.0.1', stream } as never);
    connection.on('error', () => undefined);
    const { stream: used, config } = connection as unknown as { stream: Socket; config: object };
    expect([used === socket, given === config]).toEqual([true, true]);
    const ended = new Promise((resolve) => socket.once('close', resolve));
    socket.destroy(new Error('ours'));
    return ended;
  });

  it('has what the next connections of a pool are made with at `config.connectionConfig`', () => {
    const pool = createPool({ host: '127.0.0.1', ssl: { rejectUnauthorized: false } });
    const { config } = pool as unknown as { config: { connectionConfig: { ssl: unknown } } };
    expect(config.connectionConfig.ssl).toMatchObject({ rejectUnauthorized: false });
    pool.end();
  });
});

describe('TypeORM', () => {
  it('takes the pool of MySQL from the `createPool` of the driver that it is given, and has it at `driver.pool`', async () => {
    const connection = Object.assign(new EventEmitter(), {
      release: () => undefined,
      promise: () => ({ query: async () => [[{ version: '11.0.0' }], []] }),
      query: (_words: string, ...rest: unknown[]) => (rest.at(-1) as (error: null, rows: object[]) => void)(null, [{ version: '11.0.0' }]),
    });
    const pool = {
      getConnection: (done: (error: null, taken: object) => void) => done(null, connection),
      end: (done: () => void) => done(),
    };
    const source = await new DataSource({ type: 'mysql', driver: { createPool: () => pool }, database: 'x' }).initialize();
    expect((source.driver as unknown as { pool: unknown }).pool).toBe(pool);
    await source.destroy();
  });

  it('keeps `data` of a query runner for all that is done by its manager, and says by `affected` what an update found', async () => {
    const source = await new DataSource({ type: 'better-sqlite3', database: ':memory:', entities: [Thing] }).initialize();
    await source.query('CREATE TABLE things (id varchar PRIMARY KEY, tenantId varchar NOT NULL)');
    const runner = source.createQueryRunner();
    runner.data.mark = 'ours';
    await runner.manager.insert(Thing, { id: 'a', tenantId: 't' });
    expect(runner.manager.queryRunner?.data).toEqual({ mark: 'ours' });
    expect((await runner.manager.update(Thing, { id: 'a' }, { tenantId: 'u' })).affected).toBe(1);
    expect((await runner.manager.update(Thing, { id: 'b' }, { tenantId: 'u' })).affected).toBe(0);
    await runner.release();
    await source.destroy();
  });

  it('wraps what a driver throws as `driverError`, with its code', async () => {
    const source = await new DataSource({ type: 'better-sqlite3', database: ':memory:' }).initialize();
    const failure = await source.query('SELECT nothing FROM nowhere').catch((error) => error);
    expect(failure).toBeInstanceOf(QueryFailedError);
    expect(failure.driverError).toMatchObject({ code: 'SQLITE_ERROR' });
    await source.destroy();
  });
});
