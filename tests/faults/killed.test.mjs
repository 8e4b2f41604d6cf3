// Server, relay, agent or desktop killed outright at any moment, in any order, and brought back:
// the page says what is missing and is live again by itself, without a new sign-in.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch } from '../browser/chromium.mjs';
import { start } from '../browser/demo.mjs';
import { until } from '../browser/desktops.mjs';
import { open, signIn } from '../browser/open.mjs';

const LIVE = 'canvas#screen[data-state=live]';
let browser, demo, page;

before(async () => {
  demo = await start('--relay');
  browser = await launch();
  page = await browser.newPage();
  await open(page, demo);
});

after(async () => {
  await browser?.close();
  await demo?.end();
});

/**
 * Kills these in this order, sees that the page notices and names something, brings them back in
 * that order, sees it live.
 */
async function killed(t, names, back = names) {
  await page.locator(LIVE).waitFor();
  for (const name of names) await demo.kill(name);
  await page.locator('canvas#screen:not([data-state=live])').waitFor();
  await page.waitForFunction(() => document.querySelector('canvas#screen').dataset.missing !== '');
  const missing = await page.getAttribute('canvas#screen', 'data-missing');
  for (const name of back) await demo.start(name);
  const returned = Date.now();
  await page.locator(LIVE).waitFor();
  t.diagnostic(`missing: ${missing}; live ${Date.now() - returned} ms after the return`);
  assert.ok(!page.url().includes('/sign-in'), 'no new sign-in');
  return missing;
}

for (const name of ['agent', 'relay', 'desktop', 'server']) {
  test(`${name} is killed and comes back`, async t => {
    // The server is not on the path of a session: killed alone, it is missed only when something
    // else is too.
    if (name === 'server') {
      await page.locator(LIVE).waitFor();
      await demo.kill('server');
      await demo.kill('relay');
      await page.locator('canvas#screen:not([data-state=live])').waitFor();
      await demo.start('relay');
      await page.waitForFunction(
        () => document.querySelector('canvas#screen').dataset.missing === 'server',
      );
      await demo.start('server');
      const returned = Date.now();
      await page.locator(LIVE).waitFor();
      t.diagnostic(`missing: server; live ${Date.now() - returned} ms after the return`);
      return;
    }
    const missing = await killed(t, [name]);
    assert.ok(['line', name].includes(missing) || missing === 'agent', missing);
  });
}

test("with the relay elsewhere a session goes on while the server is away, and is the server's again when it is back", async () => {
  await page.locator(LIVE).waitFor();
  const painted = () => page.evaluate(() => document.querySelector('canvas#screen').toDataURL());
  await demo.kill('server');
  // It is worked with, not only looked at: what is typed changes the picture.
  await page.locator('canvas#screen').focus();
  const before = await painted();
  // Again and again: an editor that was killed a moment ago may not listen yet.
  await until(async () => {
    await page.keyboard.type('written while the server is away ');
    return (await painted()) !== before;
  }, 'what was typed');
  await demo.start('server');
  const office = await browser.newPage();
  await signIn(office, demo, { body: demo.body, ...demo.admin });
  const row = office.locator('table:has(caption:text("接続中")) tbody tr');
  await office.goto(`${demo.url}/admin/sessions`);
  assert.equal(await row.count(), 1, 'the same session is still on record');
  assert.equal(await page.locator(LIVE).count(), 1);
  // The agent is in conversation again: what the administrator ends ends.
  await until(async () => {
    await office.goto(`${demo.url}/admin/pcs`);
    return office.locator('.chip.warn, .chip.good').count();
  }, 'the agent');
  await office.goto(`${demo.url}/admin/sessions`);
  await row.locator('button').click();
  await page
    .locator('canvas#screen[data-state=ended]')
    .waitFor({ state: 'attached', timeout: 5000 });
  await page.click('#card-actions button');
  await page.locator(LIVE).waitFor();
  await office.context().close();
});

test('all of them are killed, and come back in another order', async t => {
  await killed(t, ['server', 'desktop', 'agent', 'relay'], ['desktop', 'relay', 'server', 'agent']);
  await killed(t, ['agent', 'relay', 'server', 'desktop'], ['agent', 'server', 'desktop', 'relay']);
  await killed(t, ['relay', 'server', 'agent', 'desktop'], ['desktop', 'agent', 'relay', 'server']);
  await killed(t, ['agent', 'relay'], ['relay', 'agent']);
  await killed(t, ['desktop', 'agent'], ['agent', 'desktop']);
});

test('killed while it connects, a session still comes about', async () => {
  await page.reload();
  await demo.kill('agent');
  await demo.start('agent');
  await page.locator(LIVE).waitFor();
});

test('no error was reported by the page but lost connections', () => {
  const others = page.faults.filter(f => !/WebSocket|Failed to load resource|ERR_/.test(f));
  assert.deepEqual(others, []);
});
