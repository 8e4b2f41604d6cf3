// A Japanese keyboard by the places of its keys: an office that takes keys raw, with the Japanese
// layout.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch } from './chromium.mjs';
import { start } from './demo.mjs';
import { until, xvnc } from './desktops.mjs';
import { open } from './open.mjs';

let browser, desktop, demo, page;

before(async () => {
  desktop = await xvnc({ args: ['-RawKeyboard=1'] });
  demo = await start('--vnc', `127.0.0.1:${desktop.port}`, '--watermark', 'off');
  browser = await launch();
  page = await browser.newPage();
  await open(page, demo);
});

after(async () => {
  await browser?.close();
  await demo?.end();
  await desktop?.end();
});

/**
 * Presses these keys of a Japanese keyboard (place, what the browser calls it), with Shift where
 * said.
 */
async function press(keys) {
  await page.locator('canvas#screen').focus();
  const client = await page.context().newCDPSession(page);
  const send = (type, code, key, modifiers) =>
    client.send('Input.dispatchKeyEvent', { type, code, key, modifiers, windowsVirtualKeyCode: 0 });
  for (const [code, key, shift] of keys) {
    if (shift) await send('rawKeyDown', 'ShiftLeft', 'Shift', 8);
    await send('rawKeyDown', code, key, shift ? 8 : 0);
    await send('keyUp', code, key, shift ? 8 : 0);
    if (shift) await send('keyUp', 'ShiftLeft', 'Shift', 0);
  }
  await client.detach();
}

test('半角/全角, 変換, 無変換, カタカナひらがな: each by its place', async () => {
  const teller = await desktop.keyTeller();
  await press([
    ['Backquote', 'Zenkaku'],
    ['Convert', 'Convert'],
    ['NonConvert', 'NonConvert'],
    ['KanaMode', 'KanaMode'],
  ]);
  const wanted = ['Zenkaku_Hankaku', 'Henkan_Mode', 'Muhenkan', 'Hiragana_Katakana'];
  await until(
    () => teller.keys().length >= wanted.length,
    `four keys, and not ${teller.keys()}`,
    20,
  );
  assert.deepEqual(teller.keys(), wanted);
});

test('¥ and _, and the signs that stand elsewhere than on other keyboards, are typed', async () => {
  const typist = await desktop.typist();
  // Whatever the browser makes of ¥ (Windows says a backslash), the key is the same.
  await press([
    ['IntlYen', '\\'],
    ['IntlYen', '¥'],
    ['IntlYen', '|', true],
    ['IntlRo', '_', true],
    ['IntlRo', '\\'],
    ['Digit2', '"', true],
    ['BracketLeft', '@'],
    ['BracketRight', '['],
    ['Backslash', ']'],
    ['Semicolon', ';'],
    ['Quote', ':'],
    ['Equal', '^'],
    ['Minus', '=', true],
  ]);
  const wanted = '\\\\|_\\"@[];:^=';
  await until(
    () => typist.text().length >= wanted.length,
    `the signs, and not ${JSON.stringify(typist.text())}`,
    20,
  );
  assert.equal(typist.text(), wanted);
});
