import { accessSync, constants } from 'node:fs';
import type { Browser } from 'playwright-core';

/** Where Debian, Ubuntu and others put it. */
const PATHS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/snap/bin/chromium'];

// It asks nobody for anything: what the page loads is what the test sees.
const ARGUMENTS = [
  '--no-sandbox',
  '--headless=new',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-default-apps',
  '--disable-sync',
  '--no-first-run',
];

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * The path of this machine's Chromium (`PORCHLIGHT_TEST_CHROMIUM`, or a usual place); undefined where there is none, so that tests can be
 * skipped by name. Throws instead where `REQUIRE_SERVICES=1` says that nothing may be skipped.
 */
export function findChromium(): string | undefined {
  const { PORCHLIGHT_TEST_CHROMIUM: named, REQUIRE_SERVICES } = process.env;
  const found = (named === undefined ? PATHS : [named]).find(isExecutable);
  if (found === undefined && REQUIRE_SERVICES === '1')
    throw new Error(`REQUIRE_SERVICES=1, but there is no Chromium (${named ?? PATHS.join(', ')}). On Debian: apt-get install chromium`);
  return found;
}

/** A headless browser; close it when done. Rejects where `findChromium` finds none. */
export async function launchChromium(): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error('There is no Chromium on this machine.');
  // Loaded only by those who use it.
  const { chromium } = await import('playwright-core');
  return chromium.launch({ executablePath, args: ARGUMENTS });
}
