import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ERROR_CODES } from '../../src/platform/error-codes.js';

it('are listed with their statuses, all of them and no others', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/errors.md'), 'utf8');
  const rows = [...page.matchAll(/^\| `([A-Z_]+)` +\| ([\d, ]+?) +\|/gm)];
  const listed = rows.map(([, code, statuses]) => [code, statuses?.split(', ').map(Number)]);
  expect(listed).toEqual(Object.entries(ERROR_CODES));
});
