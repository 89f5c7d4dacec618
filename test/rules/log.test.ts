import { pino } from 'pino';
import { QueryFailedError } from 'typeorm';
import { LOG_RULES } from '../../src/platform/log.js';

it('tells of an error where it comes from, and nothing that it was about', () => {
  const lines: string[] = [];
  const log = pino(LOG_RULES, { write: (line) => lines.push(line) });
  const driverError = Object.assign(new Error('custom'), { code: 'SQLITE_CONSTRAINT_TRIGGER' });
  const err = new QueryFailedError('INSERT INTO sessions VALUES (?)', ['a person'], driverError);
  log.error({ err }, 'failed');
  const [line] = lines.map((text) => JSON.parse(text));
  expect(line.err).toEqual({
    type: 'QueryFailedError',
    message: 'custom',
    code: driverError.code,
    stack: expect.stringContaining('log.test'),
  });
});
