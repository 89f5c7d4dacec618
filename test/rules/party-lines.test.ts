import { PartyLines } from '../../src/platform/queues/party-lines.js';

/** Who comes next, of lines in which all wait who are named. */
function order(lines: PartyLines<string>, count: number, costOf: (party: string) => number = () => 1): string {
  let seen = '';
  for (let turn = 0; turn < count; turn += 1) {
    const party = lines.next() as string;
    seen += party;
    lines.spend(party, costOf(party));
  }
  return seen;
}

function crowd(...parties: string[]): PartyLines<string> {
  const lines = new PartyLines<string>();
  for (const party of parties) for (let one = 0; one < 20; one += 1) lines.add(party, party);
  return lines;
}

it('parties take turns, however many of one wait', () => {
  expect(order(crowd('a', 'b', 'c'), 7)).toBe('abcabca');
});

it('whose turns cost more has fewer', () => {
  expect(order(crowd('a', 'b'), 12, (party) => (party === 'a' ? 5 : 1))).toBe('abbbbbabbbbb');
});

it('who was alone, at whatever cost, stands where those stand who come', () => {
  const lines = new PartyLines<string>();
  for (let time = 0; time < 100; time += 1) {
    lines.pass('a');
    lines.spend('a', 1_000);
  }
  for (const party of ['a', 'b', 'a', 'b', 'a', 'b']) lines.add(party, party);
  expect(order(lines, 4, () => 1_000)).toBe('baba');
});

it('who waits no more is passed over', () => {
  const lines = crowd('a');
  lines.add('b', 'first');
  lines.add('b', 'second');
  lines.remove('b', 'first');
  expect([lines.next(), lines.next()]).toEqual(['a', 'second']);
  expect(new PartyLines().next()).toBeUndefined();
});

it('knows of the last thousand what they have spent', () => {
  const lines = new PartyLines<string>();
  const spend = (name: string, count: number) => {
    for (let party = 0; party < count; party += 1) lines.spend(`${name} ${party}`, 1);
  };
  for (const party of ['a', 'b', 'c']) lines.add(party, party);
  lines.spend('a', 2);
  spend('first', 999);
  lines.spend('b', 1);
  expect([lines.next(), lines.next(), lines.next()]).toEqual(['a', 'c', 'b']);
});
