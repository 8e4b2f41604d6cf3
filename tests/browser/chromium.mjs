// The browser of the stories: Debian's Chromium, headless, in a profile of its own that is gone
// afterwards.
import { chromium } from 'playwright-core';

const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * A browser, with more `args` of its own; `newPage` gives a page in a context (a person, a device)
 * of its own.
 */
export async function launch(...args) {
  const executablePath = process.env.NOREN_CHROMIUM ?? '/usr/bin/chromium';
  const browser = await chromium.launch({ executablePath, args: [...ARGS, ...args] });
  return {
    browser,
    async newPage(options = {}) {
      const context = await browser.newContext({
        viewport: { width: 1280, height: 800 },
        locale: 'ja-JP',
        ...options,
      });
      const page = await context.newPage();
      page.faults = [];
      page.on('pageerror', error => page.faults.push(String(error)));
      page.on('console', message => {
        if (message.type() === 'error') page.faults.push(message.text());
      });
      return page;
    },
    close: () => browser.close(),
  };
}
