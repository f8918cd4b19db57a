/** The system's Chromium, driven as a person would; a machine without one is told about loudly. */

import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const EXECUTABLE = '/usr/bin/chromium';

/** Whether there is a browser to test in. Where there is none, one loud line says so; in CI that is an error. */
export function hasBrowser(): boolean {
  if (existsSync(EXECUTABLE)) return true;
  if (process.env['CI'] === 'true') throw new Error(`no ${EXECUTABLE}: tools/install-test-packages.sh installs it`);
  process.stderr.write(
    `\n*** SKIPPED: the pages are not tested, for there is no ${EXECUTABLE}; tools/install-test-packages.sh installs it ***\n\n`,
  );
  return false;
}

export function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: EXECUTABLE, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
}
