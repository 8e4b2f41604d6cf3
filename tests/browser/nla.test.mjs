// Remote Desktop with network level authentication, as Windows has it: a wrong password is refused
// before anything is shown, and said in words; it travels inside the channel only.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch } from './chromium.mjs';
import { start } from './demo.mjs';
import { nla, until } from './desktops.mjs';
import { credentials, pair, pc, signIn } from './open.mjs';

let browser, desktop, demo, page;

before(async () => {
  desktop = await nla();
  demo = await start(
    '--rdp',
    `127.0.0.1:${desktop.rdpPort}`,
    '--rdp-user',
    desktop.user,
    { password: desktop.password },
    '--watermark',
    'off',
  );
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

test('a wrong password is said in words, a right one opens; neither reaches the server', async () => {
  const sent = [];
  page.on('request', request => sent.push(`${request.url()} ${request.postData() ?? ''}`));
  await page.goto(`${demo.url}/session/${await pc(page, demo)}`);
  await page.locator('dialog#credentials[open]').waitFor();
  assert.equal(await page.locator('#credentials-error').isVisible(), false);
  for (const password of ['wrong-password-1', 'wrong-password-2']) {
    await credentials(page, desktop.user, password);
    await page.locator('#credentials-error:not([hidden])').waitFor();
    assert.match(
      await page.locator('#credentials-error').textContent(),
      /ユーザー名かパスワードが違います/,
    );
    assert.equal(await page.locator('#credentials-password').inputValue(), '');
  }
  await credentials(page, desktop.user, desktop.password);
  await page.locator('canvas#screen[data-state=live]').waitFor();
  assert.deepEqual(
    sent.filter(s => /wrong-password|office12/.test(s)),
    [],
  );
  for (const secret of ['wrong-password', desktop.password])
    assert.ok(!demo.logs().includes(secret));
});

test('keys arrive', async () => {
  const typist = await desktop.typist();
  await page.locator('canvas#screen').focus();
  await page.keyboard.type('nla 1');
  await until(
    () => typist.text() === 'nla 1',
    `what was typed, and not ${JSON.stringify(typist.text())}`,
    20,
  );
});
