// One press is one press, whatever the line does: a desktop that repeats keys by itself (FreeRDP's
// shadow before an X server), and a line that stands still between a key's going down and its
// coming up (spec/wire.md, "Held keys").
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import { launch } from './chromium.mjs';
import { start } from './demo.mjs';
import { nla, until } from './desktops.mjs';
import { front } from './front.mjs';
import { open } from './open.mjs';

let browser, desktop, demo, line, page, teller, client;

before(async () => {
  desktop = await nla();
  line = await front();
  demo = await start(
    '--rdp',
    `127.0.0.1:${desktop.rdpPort}`,
    '--rdp-user',
    desktop.user,
    { password: desktop.password },
    '--watermark',
    'off',
    '--port',
    String(line.port),
    '--url',
    line.url,
  );
  browser = await launch();
  page = await browser.newPage();
  await open(page, { ...demo, url: line.url });
  teller = await desktop.keyTeller();
  await page.locator('canvas#screen').focus();
  client = await page.context().newCDPSession(page);
});

after(async () => {
  await browser?.close();
  await demo?.end();
  line?.end();
  await desktop?.end();
});

const key = (type, code, name, more = {}) =>
  client.send('Input.dispatchKeyEvent', {
    type,
    code,
    key: name,
    windowsVirtualKeyCode: name.toUpperCase().charCodeAt(0),
    ...more,
  });

/**
 * Types a letter that nothing else types, and waits for it: all that was sent before it has been
 * typed.
 */
async function mark(letter) {
  await key('rawKeyDown', `Key${letter.toUpperCase()}`, letter);
  await key('keyUp', `Key${letter.toUpperCase()}`, letter);
  await until(() => teller.lifted().includes(letter), `the ${letter}, after ${teller.keys()}`, 20);
}

test('this desktop repeats a key that stays down: the story is about something', () => {
  assert.match(
    execFileSync('xset', ['q'], { env: desktop.env, encoding: 'utf8' }),
    /auto repeat:\s+on/,
  );
});

test('a key whose lifting waits in the line is typed once', async () => {
  await key('rawKeyDown', 'KeyA', 'a');
  await until(() => teller.keys().includes('a'), 'the a', 20);
  line.stall();
  await key('keyUp', 'KeyA', 'a');
  // The agent hears nothing of it any more, and lifts it.
  await until(() => teller.lifted().includes('a'), 'the key to be lifted at the office', 20);
  line.goOn();
  await mark('b');
  assert.deepEqual(teller.keys(), ['a', 'b']);
});

test('a key that is held at home stays down at the office and repeats there, and no longer than that', async () => {
  const count = () => teller.keys().filter(name => name === 'c').length;
  await key('rawKeyDown', 'KeyC', 'c');
  await until(() => count() > 5, 'repeats of a key that is held', 20);
  await key('keyUp', 'KeyC', 'c');
  await mark('d');
  const held = count();
  await mark('e');
  assert.equal(count(), held);
});
