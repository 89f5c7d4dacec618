import type { Browser, Page } from 'playwright-core';
import { hasChromium, launchChromium } from '../testbed/chromium.ts';
import type { PrivateMariaDb } from '../testbed/mariadb.ts';
import { median } from './client.ts';
import { startOnMariaDb, startOnSqlite } from './console-seed.ts';
import { SECRET, type Subject } from './subject.ts';

const COUNTS = [100, 100_000];
const ROUNDS = 11;

/** What a person does in the list, and what shows that it is done. */
const STEPS: readonly [what: string, begin: (page: Page) => Promise<unknown>, end: (page: Page) => Promise<unknown>][] = [
  ['open the list', (page) => page.reload({ waitUntil: 'commit' }), (page) => cell(page, 'Client 0000000')],
  ['next page', (page) => page.getByRole('button', { name: 'Next' }).click(), (page) => gone(page, 'Client 0000000')],
  ['back to the first', (page) => page.getByRole('button', { name: 'First' }).click(), (page) => cell(page, 'Client 0000000')],
  ['the disabled', (page) => page.getByText('Disabled', { exact: true }).first().click(), (page) => gone(page, 'Client 0000000')],
  ['all again', (page) => page.getByText('All', { exact: true }).click(), (page) => cell(page, 'Client 0000000')],
  ['search, typing apart', (page) => page.getByLabel('Search clients').fill('0039595'), (page) => gone(page, 'Client 0000000')],
  ['search given up', (page) => page.getByLabel('Search clients').fill(''), (page) => cell(page, 'Client 0000000')],
];

/** The console among 100 and 100,000 clients, in Chromium: from the click to what it shows. */
export async function benchConsole(mariaDb: PrivateMariaDb | undefined): Promise<void> {
  if (!hasChromium()) return;
  const browser = await launchChromium();
  await compare(browser, 'SQLite', startOnSqlite);
  if (mariaDb) await compare(browser, 'MariaDB', (count) => startOnMariaDb(mariaDb, 'console', count));
  await browser.close();
}

async function compare(browser: Browser, database: string, prepare: (count: number) => Promise<Subject>): Promise<void> {
  const times = STEPS.map(() => new Map<number, number>());
  for (const count of COUNTS) {
    const subject = await prepare(count);
    const page = await browser.newPage();
    await signIn(page, subject);
    for (const [index, taken] of (await walk(page)).entries()) times[index]?.set(count, median(taken));
    await page.close();
    await subject.stop();
  }
  console.log(`\nThe console on ${database}: ${ROUNDS} rounds, medians in ms`);
  console.table(
    STEPS.map(([what], index) => ({
      what,
      ...Object.fromEntries(COUNTS.map((count) => [`${count} clients`, Math.round(times[index]?.get(count) ?? 0)])),
    })),
  );
}

async function walk(page: Page): Promise<number[][]> {
  const taken: number[][] = STEPS.map(() => []);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [index, [, begin, end]] of STEPS.entries()) {
      const began = performance.now();
      await begin(page);
      await end(page);
      taken[index]?.push(performance.now() - began);
    }
  }
  return taken;
}

async function signIn(page: Page, { url }: Subject): Promise<void> {
  await page.goto(url);
  await page.getByLabel('Client Id').fill('admin');
  await page.getByLabel('Secret key').fill(SECRET);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await cell(page, 'Client 0000000');
}

function cell(page: Page, name: string): Promise<void> {
  return page.getByRole('link', { name }).waitFor();
}

function gone(page: Page, name: string): Promise<void> {
  return page.getByRole('link', { name }).waitFor({ state: 'detached' });
}
