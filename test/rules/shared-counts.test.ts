import { MOST_REMEMBERED } from '../../src/authentication/failure-counts.js';
import type { ToPrimary } from '../../src/server/workers/messages.js';
import { CountsOfAll } from '../../src/server/workers/shared-counts.js';

const attempt = (source: string) => ({ tenantId: 'tenant', source, clientId: 'victim' });
const nameOf = (source: string) => `tenant ${source}`;

let asked: ToPrimary[];
let counts: CountsOfAll;

beforeEach(() => {
  asked = [];
  counts = new CountsOfAll((message) => asked.push(message) > 0);
});

it('a worker asks of those that the primary told it of, and of nobody else', () => {
  counts.hear({ kind: 'begin', listensLate: false, hasFailing: false });
  counts.hear({ kind: 'failing', source: nameOf('guesser') });
  expect([counts.isFailing(attempt('guesser')), counts.isFailing(attempt('stranger'))]).toEqual([true, false]);
});

it('a worker that comes when some are failing asks of everybody for a while', () => {
  counts.hear({ kind: 'begin', listensLate: true, hasFailing: true });
  expect(counts.isFailing(attempt('stranger'))).toBe(true);
});

it('a worker that is told of more than it remembers forgets nobody: it asks of everybody', () => {
  counts.hear({ kind: 'failing', source: nameOf('guesser') });
  for (let source = 0; source < MOST_REMEMBERED; source += 1) counts.hear({ kind: 'failing', source: nameOf(`flood-${source}`) });
  expect(counts.isFailing(attempt('guesser'))).toBe(true);
});
