import { request } from 'node:http';
import { startApp, type TestApp } from '../testbed/app.js';
import { hasChromium, launchChromium } from '../testbed/chromium.js';
import { until } from '../testbed/process.js';

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8';
let app: TestApp;

beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.stop());

interface Answer {
  status: number | undefined;
  type: string;
  policy: string;
  text: string;
}

function ask(path: string, { method = 'GET', ...headers }: Record<string, string>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: 'localhost', port: app.port, path, method, headers }, (answer) => {
      let text = '';
      answer.on('data', (chunk) => (text += chunk));
      answer.on('end', () => {
        const { statusCode: status, headers: got } = answer;
        resolve({ status, type: String(got['content-type']), policy: String(got['content-security-policy']), text });
      });
    });
    sent.on('error', reject).end();
  });
}

it.each([
  [404, '/nowhere', {}, /<h1>There is nothing at this address<\/h1>[\s\S]*<a href="\/">Open the console/],
  [421, '/', { host: 'other.example' }, /<h1>This host is not served here<\/h1>[\s\S]*Whoever runs this server finds in its log/],
])('a person gets %d as a page that loads nothing, and a library in JSON', async (status, path, headers: Record<string, string>, words) => {
  const page = await ask(path, { ...headers, accept: BROWSER });
  expect([page.status, page.type]).toEqual([status, 'text/html; charset=utf-8']);
  expect(page.text).toMatch(words);
  expect(page.policy).toMatch(/^default-src 'none'/);
  expect(page.text).not.toMatch(/other\.example|<script|src=/);
  for (const accept of ['*/*', 'application/json', '']) {
    const { type, text, ...answer } = await ask(path, { ...headers, accept });
    expect([answer.status, type, Object.keys(JSON.parse(text))]).toEqual([
      status,
      'application/json; charset=utf-8',
      ['error', 'error_description'],
    ]);
  }
  expect((await ask(path, { ...headers, accept: BROWSER, method: 'DELETE' })).type).toBe('application/json; charset=utf-8');
});

it.each(['/connect/token', '/connect/nothing', '/.well-known/nothing', '/health/nothing'])(
  'answers in JSON at %s, whatever is preferred by habit',
  async (path) => {
    const java = 'text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2';
    for (const accept of [BROWSER, java]) {
      const { type, text } = await ask(path, { accept });
      expect([type, Object.keys(JSON.parse(text))]).toEqual(['application/json; charset=utf-8', ['error', 'error_description']]);
    }
  },
);

it('tells the operator in the log which host was asked for and what is served, and nobody else', async () => {
  const host = `other.example:${'9'.repeat(300)}`;
  const { text } = await ask('/', { host, accept: BROWSER });
  expect(text).not.toContain(new URL(app.url).host);
  const lines = () => app.logLines.map((line) => JSON.parse(line)).filter(({ status }) => status === 421);
  await until(() => lines().some((line) => line.host === host.slice(0, 255) && line.homeIssuer === app.url));
});

(hasChromium() ? it : it.skip)('is a page that can be read at any width, in both schemes', async () => {
  const browser = await launchChromium();
  for (const colorScheme of ['light', 'dark'] as const) {
    const page = await (await browser.newContext({ viewport: { width: 320, height: 600 }, colorScheme })).newPage();
    await page.goto(`${app.url}/nowhere`);
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    await page.getByRole('link', { name: 'Open the console' }).click();
    await page.getByRole('form', { name: 'Sign in' }).waitFor();
  }
  await browser.close();
});
