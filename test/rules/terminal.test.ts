import { plain, plainJson } from '../../src/platform/terminal.js';

const HOSTILE = 'a\u001b]0;x\u0007\u009b2J\b\f\r\u007f\u202eb\\u001b\tc\nd';

it('spells out what a terminal would obey, and leaves the ends of lines', () => {
  expect(plain(HOSTILE)).toBe('a\\u001b]0;x\\u0007\\u009b2J\\u0008\\u000c\\u000d\\u007f\\u202eb\\u001b\\u0009c\nd');
  expect(plain('Ørsted 東京 مبيعات\n')).toBe('Ørsted 東京 مبيعات\n');
});

it('does so in a line of JSON that is read before it is shown', () => {
  const line = `${JSON.stringify({ msg: HOSTILE, stack: 'Error\n    at x' })}\n`;
  const { msg, stack } = JSON.parse(plainJson(line));
  expect(msg).not.toMatch(/(?![\n\t])\p{Cc}|\u202e/u);
  expect(msg).toContain('a\\u001b]0;x');
  expect(stack).toBe('Error\n    at x');
  expect(plainJson('{"path":"C:\\\\b"}\n')).toBe('{"path":"C:\\\\b"}\n');
});
