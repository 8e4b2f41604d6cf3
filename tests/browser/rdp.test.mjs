// A session by Remote Desktop: xrdp in front of an Xvnc. The PC's credentials are typed at home and
// judged at the office. (This xrdp 0.9 takes no Unicode: what stands on its keyboard is typed, so
// that the story commits letters.)
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch } from './chromium.mjs';
import { differing, pixels } from './canvas.mjs';
import { start } from './demo.mjs';
import { until, xrdp } from './desktops.mjs';
import { connect, live, pair, pc, signIn } from './open.mjs';

let browser, desktop, demo, page;

before(async () => {
  desktop = await xrdp();
  demo = await start(
    '--rdp',
    `127.0.0.1:${desktop.rdpPort}`,
    '--rdp-user',
    'hanako',
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

test('the credentials open the office PC, and its picture is exact', async () => {
  await connect(page, demo);
  await desktop.xdo('mousemove', 1279, 799);
  await until(
    async () =>
      differing(await desktop.picture(0, 0, 1280, 780), await pixels(page, 0, 0, 1280, 780)) === 0,
    'the exact picture',
  );
});

test('keys arrive', async () => {
  const typist = await desktop.typist();
  await page.locator('canvas#screen').focus();
  // Scan codes travel: a capital needs its Shift, as on a keyboard.
  await page.keyboard.press('Shift+KeyR');
  await page.keyboard.type('emote desktop 1');
  await until(
    () => typist.text() === 'Remote desktop 1',
    `what was typed, and not ${JSON.stringify(typist.text())}`,
    20,
  );
});

test('both typing modes: keys as they are, and what the input method at home commits', async () => {
  const typist = await desktop.typist();
  if ((await page.getAttribute('#handle', 'aria-expanded')) !== 'true') await page.click('#handle');
  await page.check('input[name=typing][value=home]', { force: true });
  const client = await page.context().newCDPSession(page);
  await client.send('Input.imeSetComposition', {
    text: 'てれ',
    selectionStart: 2,
    selectionEnd: 2,
  });
  await client.send('Input.insertText', { text: 'telework!' });
  await client.detach();
  await until(
    () => typist.text() === 'telework!',
    `what was committed, and not ${JSON.stringify(typist.text())}`,
    20,
  );
  assert.ok(!typist.text().includes('てれ'), 'what is being composed stays at home');
  await page.check('input[name=typing][value=office]', { force: true });
  await page.locator('canvas#screen').focus();
  await page.keyboard.type('keys');
  await until(
    () => typist.text().endsWith('keys'),
    `the keys, and not ${JSON.stringify(typist.text())}`,
    20,
  );
});

test('a session that is left and opened again asks for the credentials again', async () => {
  const other = await page.context().newPage();
  await page.goto(`${demo.url}/`);
  await other.goto(`${demo.url}/session/${await pc(other, demo)}`);
  await other.locator('dialog#credentials[open]').waitFor();
  await live(other, demo);
  assert.equal(await other.locator('canvas#screen').getAttribute('data-state'), 'live');
});
