// axe-core on every page, in both languages, wide and narrow: what a machine can find of WCAG 2.2
// AA (JIS X 8341-3).
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { judge } from './axe.mjs';
import { launch } from './chromium.mjs';
import { start } from './demo.mjs';
import { connect, pair, signIn } from './open.mjs';

let browser, demo;

before(async () => {
  demo = await start('--sample');
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await demo?.end();
});

/** Every page of the menu of whoever is signed in, and the pages these link to inside. */
async function walk(page) {
  const seen = new Set(['/sign-out']);
  const todo = ['/'];
  while (todo.length > 0) {
    const path = todo.shift();
    if (seen.has(path)) continue;
    seen.add(path);
    // A file to save is no page.
    const head = await page.request.get(demo.url + path);
    if (!(head.headers()['content-type'] ?? '').startsWith('text/html')) continue;
    const answer = await page.goto(demo.url + path);
    if (
      !answer ||
      !(answer.headers()['content-type'] ?? '').startsWith('text/html') ||
      path.startsWith('/session/')
    )
      continue;
    await judge(page, path);
    const links = await page.$$eval('a[href]', all => all.map(a => a.getAttribute('href')));
    // One page of a kind is enough where a list leads to many.
    for (const link of links.filter(l => l.startsWith('/') && !l.startsWith('//'))) {
      const plain = link.split(/[?#]/)[0];
      const kind = plain.replace(/[0-9a-f]{8,}|\d+/g, '*');
      if (
        !seen.has(plain) &&
        ![...seen].some(s => s !== plain && s.replace(/[0-9a-f]{8,}|\d+/g, '*') === kind)
      )
        todo.push(plain);
    }
  }
  return seen;
}

for (const locale of ['ja-JP', 'en-GB']) {
  test(`before sign-in, ${locale}`, async () => {
    const page = await browser.newPage({ locale });
    for (const path of ['/sign-in', '/activate', '/no-such-page']) {
      await page.goto(demo.url + path);
      await judge(page, path);
    }
  });

  test(`a member of staff's pages, ${locale}`, async () => {
    const page = await browser.newPage({ locale });
    await signIn(page, demo);
    const seen = await walk(page);
    assert.ok(seen.size >= 3, [...seen].join(' '));
  });

  test(`the administrator's pages, ${locale}`, async () => {
    const page = await browser.newPage({ locale });
    await signIn(page, demo, { body: demo.body, ...demo.admin });
    const seen = await walk(page);
    assert.ok(
      [...seen].some(p => p.startsWith('/admin')),
      [...seen].join(' '),
    );
  });
}

test('the pages on a phone', async () => {
  const page = await browser.newPage({ viewport: { width: 375, height: 700 } });
  await signIn(page, demo, { body: demo.body, ...demo.admin });
  await walk(page);
});

test('pairing, and the session while it is live and when it is over', async () => {
  const page = await browser.newPage();
  await signIn(page, demo);
  await page.goto(`${demo.url}/pair`);
  await judge(page, 'pairing');
  await pair(page, demo);
  await judge(page, 'paired');
  await connect(page, demo);
  await judge(page, 'the live session');
  // The field of the IME at home is there only with it.
  await page.locator('input[name=typing][value=home]').check({ force: true });
  await page.locator('#typing:not([hidden])').waitFor({ state: 'attached' });
  await judge(page, 'typing with the IME at home');
  await page.click('#leave');
  await page.locator('canvas#screen[data-state=ended]').waitFor({ state: 'attached' });
  await judge(page, 'the session that was left');
});
