// A VNC desktop that is opened with a person's own name and password: asked for at home, judged at
// the office, told to nobody else.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch } from './chromium.mjs';
import { start } from './demo.mjs';
import { ownLogin, until } from './desktops.mjs';
import { credentials, pair, pc, signIn } from './open.mjs';

const PASSWORD = 'a-password-of-more-than-eight-letters';
let browser, desktop, demo, page;

before(async () => {
  desktop = await ownLogin();
  demo = await start('--vnc', `127.0.0.1:${desktop.port}`, '--watermark', 'off');
  browser = await launch();
  page = await browser.newPage();
  await signIn(page, demo);
  await pair(page, demo);
});

after(async () => {
  await browser?.close();
  await demo?.end();
  await desktop?.end();
});

test('who is not let in is told so and asked again; who is, works', async () => {
  const sent = [];
  page.on('request', request => sent.push(`${request.url()} ${request.postData() ?? ''}`));
  await page.goto(`${demo.url}/session/${await pc(page, demo)}`);
  await page.locator('dialog#credentials[open]').waitFor();
  await credentials(page, 'somebody-else', PASSWORD);
  await page.locator('#credentials-error:not([hidden])').waitFor();
  assert.match(
    await page.locator('#credentials-error').textContent(),
    /ユーザー名かパスワードが違います/,
  );
  await credentials(page, desktop.user, PASSWORD);
  await page.locator('canvas#screen[data-state=live]').waitFor();
  const typist = await desktop.typist();
  await page.locator('canvas#screen').focus();
  await page.keyboard.type('own 1');
  await until(
    () => typist.text() === 'own 1',
    `what was typed, and not ${JSON.stringify(typist.text())}`,
    20,
  );
  assert.deepEqual(
    sent.filter(s => s.includes(PASSWORD)),
    [],
  );
  assert.ok(!demo.logs().includes(PASSWORD));
});
