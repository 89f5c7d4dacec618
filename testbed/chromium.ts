import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const EXECUTABLE = '/usr/bin/chromium';

/** Whether Debian's `chromium` is installed. With CI=true it has to be. */
export function hasChromium(): boolean {
  if (existsSync(EXECUTABLE)) return true;
  if (process.env.CI === 'true') throw new Error('Chromium is not installed: with CI=true its tests must run. Install chromium.');
  process.stderr.write('Chromium is not installed: its tests are skipped. Install chromium.\n');
  return false;
}

/** Starts a browser that asks nobody but the pages it is sent to. */
export function launchChromium(): Promise<Browser> {
  const args = [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--no-first-run',
  ];
  return chromium.launch({ executablePath: EXECUTABLE, args });
}
