// A tablet: fingers and a keyboard on glass, on a Remote Desktop. The keyboard tells no places
// (`code` is empty on Android), and its Backspace is an edit of an empty field. Android itself is
// played: the events are those that its browsers make.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch } from './chromium.mjs';
import { start } from './demo.mjs';
import { until, xrdp } from './desktops.mjs';
import { live, open } from './open.mjs';

let browser, desktop, demo, page, client, teller;

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
  page = await browser.newPage({ hasTouch: true });
  await open(page, demo);
  client = await page.context().newCDPSession(page);
});

after(async () => {
  await browser?.close();
  await demo?.end();
  await desktop?.end();
});

const touch = (type, ...touchPoints) =>
  client.send('Input.dispatchTouchEvent', { type, touchPoints });
const key = (type, name, code, more = {}) =>
  client.send('Input.dispatchKeyEvent', {
    type,
    code: '',
    key: name,
    windowsVirtualKeyCode: code,
    ...more,
  });

async function typing(mode) {
  await page.locator(`#tools input[name=typing][value=${mode}]`).evaluate(radio => radio.click());
  await page.locator(mode === 'home' ? '#typing' : 'canvas#screen').focus();
}

/** Does it and waits until these keys, and no others, went down at the office. */
async function gives(wanted, act) {
  const before = teller.keys().length;
  await act();
  const got = () => teller.keys().slice(before);
  await until(() => got().length >= wanted.length, `${wanted}, and not ${got()}`, 20);
  assert.deepEqual(got(), wanted);
}

test('a finger on the glass when the line breaks: taps are clicks again when it is back', async () => {
  const feeler = await desktop.feeler();
  const box = await page.locator('canvas#screen').boundingBox();
  const at = { x: box.x + feeler.x, y: box.y + feeler.y };
  const clicks = async count => {
    const before = feeler.buttons().length;
    for (let i = 1; i <= count; i += 1) {
      await touch('touchStart', at);
      await touch('touchEnd');
      await until(() => feeler.buttons().length === before + i, `click ${i} of ${count}`, 20);
    }
  };
  await clicks(2);
  await touch('touchStart', at);
  await demo.kill('agent');
  await page.locator('canvas#screen[data-state=lost]').waitFor();
  await touch('touchEnd');
  await demo.start('agent');
  await live(page, demo);
  await clicks(3);
  assert.deepEqual([...new Set(feeler.buttons())], [1]);
});

for (const mode of ['office', 'home']) {
  test(`keys without a place arrive (${mode} IME)`, async () => {
    teller = await desktop.keyTeller();
    await typing(mode);
    for (const [name, code, keysym] of [
      ['Enter', 13, 'Return'],
      ['Backspace', 8, 'BackSpace'],
      ['ArrowLeft', 37, 'Left'],
      ['Tab', 9, 'Tab'],
      ['Delete', 46, 'Delete'],
    ]) {
      await gives([keysym], async () => {
        await key('rawKeyDown', name, code);
        await key('keyUp', name, code);
      });
    }
    await gives(['a'], async () => {
      await key('keyDown', 'a', 65, { text: 'a' });
      await key('keyUp', 'a', 65);
    });
    await gives(['Control_L', 'c'], async () => {
      await key('rawKeyDown', 'Control', 17, { modifiers: 2 });
      await key('rawKeyDown', 'c', 67, { modifiers: 2 });
      await key('keyUp', 'c', 67, { modifiers: 2 });
      await key('keyUp', 'Control', 17);
    });
  });
}

test('Backspace of a keyboard on glass arrives though its field is empty, once for each press; Enter too', async () => {
  teller = await desktop.keyTeller();
  await typing('home');
  // As Android's IMEs do it: a key that is none, and an editing command.
  const edit = async command => {
    await key('rawKeyDown', 'Unidentified', 229, { commands: [command] });
    await key('keyUp', 'Unidentified', 229);
  };
  for (let i = 0; i < 3; i += 1) await gives(['BackSpace'], () => edit('deleteBackward'));
  await gives(['Return'], () => edit('insertNewline'));
  await gives(['a', 'b'], () => client.send('Input.insertText', { text: 'ab' }));
  await gives(['BackSpace'], () => edit('deleteBackward'));
});

test('no error was reported by the page', () => {
  assert.deepEqual(
    page.faults.filter(fault => !/ERR_|503/.test(fault)),
    [],
  );
});
