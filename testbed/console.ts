import type { Browser, BrowserContextOptions, Locator, Page, Route } from 'playwright-core';
import { type Credentials, startApp, type TestApp } from './app.js';
import { hasChromium, launchChromium } from './chromium.js';
import { until } from './process.js';

const DESK = { width: 1280, height: 800 };
/** Answers that a test asks for, which a browser reports as if they were faults of the page. */
const EXPECTED = /status of (400|401|403|409|421|429|500|502|503)|ERR_FAILED|ERR_CONNECTION/;

/** A test that needs a browser. */
export function itInChromium(name: string, test: () => Promise<void>): void {
  (hasChromium() ? it : it.skip)(name, test);
}

/** The console in a browser, with a server of its own. */
export interface TestConsole {
  readonly app: TestApp;
  /** A page in a profile of its own, anew for each test. */
  readonly page: Page;
  /** What the browser complained of, refusals left out. */
  readonly complaints: string[];
  /** All origins that were asked for something. */
  readonly origins: Set<string>;
  /** Opens an address of the console. Does not wait for what it shows. */
  open(address?: string, where?: Page): Promise<void>;
  /** Fills the form of the sign-in page and sends it. */
  enter(credentials?: Credentials, where?: Page): Promise<void>;
  /** Opens an address and signs in, the administrator unless told otherwise. */
  signIn(address?: string, credentials?: Credentials): Promise<void>;
  /** Another profile: somebody else's browser, or one with other settings. */
  another(options: BrowserContextOptions): Promise<Page>;
}

/** Gives the tests of a file a server, a browser, and each of them a page. */
export function setUpConsole(settings: Record<string, string> = {}): TestConsole {
  const parts = {} as { app: TestApp; browser?: Browser; page: Page };
  const complaints: string[] = [];
  const origins = new Set<string>();
  const another = async (options: BrowserContextOptions) => {
    const context = await (parts.browser as Browser).newContext(options);
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    const page = await context.newPage();
    page.setDefaultTimeout(60_000);
    watch(page, complaints, origins);
    return page;
  };
  beforeAll(async () => {
    parts.app = await startApp(settings);
    if (hasChromium()) parts.browser = await launchChromium();
  });
  afterAll(async () => {
    await parts.browser?.close();
    await parts.app.stop();
  });
  beforeEach(async () => {
    complaints.length = 0;
    origins.clear();
    if (parts.browser) parts.page = await another({ viewport: DESK });
  });
  afterEach(async () => {
    for (const context of parts.browser?.contexts() ?? []) await context.close();
  });
  return Object.assign(new Hands(parts), { complaints, origins, another });
}

/** What a person does first. */
class Hands {
  constructor(private readonly parts: { app: TestApp; page: Page }) {}

  get app(): TestApp {
    return this.parts.app;
  }

  get page(): Page {
    return this.parts.page;
  }

  async open(address = '/', where = this.page): Promise<void> {
    await where.goto(this.app.url + address, { waitUntil: 'commit' });
  }

  async enter({ clientId, secret }: Credentials = this.app.admin, where = this.page): Promise<void> {
    const form = where.getByRole('form', { name: 'Sign in' });
    await form.getByLabel('Client Id').fill(clientId);
    await form.getByLabel('Secret key').fill(secret);
    await form.getByRole('button', { name: 'Sign in' }).click();
  }

  async signIn(address = '/', credentials?: Credentials): Promise<void> {
    await this.open(address);
    await this.enter(credentials);
    await accountOf(this.page, (credentials ?? this.app.admin).clientId).waitFor();
  }
}

function watch(page: Page, complaints: string[], origins: Set<string>): void {
  page.on('request', (request) => {
    if (!request.url().startsWith('blob:')) origins.add(new URL(request.url()).origin);
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error' && !EXPECTED.test(message.text())) complaints.push(message.text());
  });
}

/** The button that says who is signed in. */
export function accountOf(page: Page, clientId = 'admin'): Locator {
  return page.getByRole('button', { name: `Account: ${clientId}` });
}

/** Signs out, by the menu. */
export async function signOut(page: Page): Promise<void> {
  await accountOf(page).click();
  await page.getByRole('button', { name: 'Sign out' }).click();
}

/** Which of these texts are on the page, or beside it, where a script can read them. */
export async function readable(page: Page, ...texts: string[]): Promise<string[]> {
  const everything = await page.evaluate<string>(`JSON.stringify([
    { ...localStorage },
    { ...sessionStorage },
    [document.cookie, location.href, history.state, window.name],
    document.documentElement.outerHTML,
    [...document.querySelectorAll('input, textarea')].map(({ value }) => value),
  ])`);
  return texts.filter((text) => everything.includes(text));
}

/** Which of these texts are in any string of the page's memory, after what nobody refers to was cleared away. */
export async function inMemory(page: Page, ...texts: string[]): Promise<string[]> {
  const inspector = await page.context().newCDPSession(page);
  let snapshot = '';
  inspector.on('HeapProfiler.addHeapSnapshotChunk', ({ chunk }) => {
    snapshot += chunk;
  });
  await inspector.send('HeapProfiler.collectGarbage');
  await inspector.send('HeapProfiler.takeHeapSnapshot', {});
  await inspector.detach();
  return texts.filter((text) => snapshot.includes(text));
}

/** Waits until an element says something: what it tells comes a moment after what was done. */
export async function toSay(element: Locator, pattern: RegExp): Promise<void> {
  await until(async () => pattern.test((await element.textContent()) ?? '')).catch(() => undefined);
  expect(await element.textContent()).toMatch(pattern);
}

/** The dialog or drawer with this heading. */
export function dialog(page: Page, name: string | RegExp): Locator {
  return page.getByRole('dialog', { name });
}

/** What holds up or fails the operations of a page on their way. */
export interface Meddler {
  /** Holds the next operation of this name. @returns what lets it go on */
  hold(operation: string, isMeant?: (variables: Record<string, unknown>) => boolean): Promise<() => Promise<void>>;
  /** Answers operations of this name with a status, or not at all. @returns what ends that */
  fail(operation: string, status?: number, headers?: Record<string, string>): Promise<() => Promise<void>>;
}

/** Meddles with what a page asks of the API. */
export async function meddler(page: Page): Promise<Meddler> {
  const handlers = new Map<string, (route: Route) => Promise<void>>();
  await page.route('**/graphql', async (route) => {
    const isOperation = route.request().method() === 'POST';
    const handle = isOperation ? handlers.get(route.request().postDataJSON().operationName) : undefined;
    await (handle ?? ((unmeant) => unmeant.continue()))(route);
  });
  return {
    hold: async (operation, isMeant = () => true) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      let went: Promise<void> | undefined;
      handlers.set(operation, async (route) => {
        if (went || !isMeant(route.request().postDataJSON().variables)) return route.continue();
        went = promise.then(() => route.continue());
        return went;
      });
      return async () => {
        resolve();
        await went;
      };
    },
    fail: async (operation, status, headers = {}) => {
      handlers.set(operation, (route) => (status === undefined ? route.abort() : route.fulfill({ status, headers, json: {} })));
      return async () => void handlers.delete(operation);
    },
  };
}
