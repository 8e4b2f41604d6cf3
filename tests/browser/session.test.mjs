// A session on an Xvnc: the picture is the office's to the pixel, and pointer, wheel, keys and text
// arrive there.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch } from './chromium.mjs';
import { differing, pixels, sizes } from './canvas.mjs';
import { start } from './demo.mjs';
import { until, xvnc } from './desktops.mjs';
import { open } from './open.mjs';

let browser, desktop, demo, page;

before(async () => {
  desktop = await xvnc({ password: 'office12' });
  demo = await start(
    '--vnc',
    `127.0.0.1:${desktop.port}`,
    { password: 'office12' },
    '--watermark',
    'off',
  );
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
 * Resolves when the whole canvas is the desktop's picture, but for the corner where the pointer
 * rests.
 */
async function exact() {
  await desktop.xdo('mousemove', 1279, 799);
  await until(async () => {
    const [theirs, ours] = [
      await desktop.picture(0, 0, 1280, 780),
      await pixels(page, 0, 0, 1280, 780),
    ];
    return differing(theirs, ours) === 0;
  }, 'the exact picture');
}

test('the canvas has the size of the desktop, one pixel to one', async () => {
  assert.deepEqual(await sizes(page), {
    width: 1280,
    height: 800,
    shownWidth: 1280,
    shownHeight: 800,
  });
});

test('the picture is exact to the pixel once it rests', async () => {
  desktop.app(
    'xterm',
    '-title',
    'letters',
    '-geometry',
    '80x30+50+50',
    '-e',
    'sh',
    '-c',
    'seq 1 400; exec cat',
  );
  await desktop.focus('letters');
  await exact();
});

test('a window that is moved is followed, and the picture is exact again', async () => {
  await desktop.xdo('search', '--name', 'letters', 'windowmove', 300, 200);
  await exact();
});

test('keys arrive as they are pressed, upper and lower case, and chords', async () => {
  const typist = await desktop.typist();
  await page.locator('canvas#screen').focus();
  await page.keyboard.type('Hello, town hall: 1/2 + (3) = "x"@[]');
  await until(
    () => typist.text() === 'Hello, town hall: 1/2 + (3) = "x"@[]',
    `what was typed, and not ${JSON.stringify(typist.text())}`,
    20,
  );
  await page.keyboard.press('Control+c');
  await until(() => typist.text().endsWith('\x03'), 'Ctrl+C', 20);
});

test('the keys of a Japanese keyboard arrive by name', async () => {
  const teller = await desktop.keyTeller();
  await page.locator('canvas#screen').focus();
  const wanted = [];
  for (const [code, key, keysym] of [
    ['Backquote', 'Zenkaku', 'Zenkaku_Hankaku'],
    ['Convert', 'Convert', 'Henkan_Mode'],
    ['NonConvert', 'NonConvert', 'Muhenkan'],
    ['KanaMode', 'Hiragana', 'Hiragana_Katakana'],
    ['IntlYen', '\\', 'backslash'],
    ['IntlRo', '_', 'underscore'],
  ]) {
    await press(page, code, key);
    wanted.push(keysym);
    await until(
      () => teller.keys().filter(k => !k.startsWith('Shift')).length >= wanted.length,
      `${code}; so far ${teller.keys()}`,
      20,
    );
  }
  assert.deepEqual(
    teller.keys().filter(k => !k.startsWith('Shift')),
    wanted,
  );
});

test('chords that the browser keeps are in the menu', async () => {
  const teller = await desktop.keyTeller();
  if ((await page.getAttribute('#handle', 'aria-expanded')) !== 'true') await page.click('#handle');
  await page.click('#keys');
  await page.click('#chords >> text=/Ctrl *\\+ *Alt *\\+ *Del/i');
  await until(() => teller.keys().includes('Delete'), 'Delete', 20);
  assert.deepEqual(teller.keys(), ['Control_L', 'Alt_L', 'Delete']);
});

test('the pointer points and clicks where it stands', async () => {
  const box = await page.locator('canvas#screen').boundingBox();
  await page.mouse.move(box.x + 700, box.y + 500);
  await until(
    async () => /x:700 y:500/.test(await desktop.xdo('getmouselocation')),
    'the pointer',
    20,
  );
  // A click raises and focuses the window under it.
  await page.mouse.click(box.x + 400, box.y + 350);
  const under = await desktop.xdo('getmouselocation', '--shell');
  const window = /WINDOW=(\d+)/.exec(under)[1];
  assert.ok(Number(window) > 0);
});

test('buttons and the wheel turn what is under the pointer, each way', async () => {
  const feeler = await desktop.feeler();
  const box = await page.locator('canvas#screen').boundingBox();
  await page.mouse.move(box.x + feeler.x, box.y + feeler.y);
  const wanted = [];
  for (const [turn, button] of [
    [[0, 100], 5],
    [[0, -100], 4],
    [[100, 0], 7],
    [[-100, 0], 6],
  ]) {
    await page.mouse.wheel(...turn);
    wanted.push(button);
    await until(
      () => feeler.buttons().length >= wanted.length,
      `button ${button}; so far ${feeler.buttons()}`,
      20,
    );
  }
  for (const [button, number] of [
    ['left', 1],
    ['middle', 2],
    ['right', 3],
  ]) {
    await page.mouse.click(box.x + feeler.x, box.y + feeler.y, { button });
    wanted.push(number);
    await until(
      () => feeler.buttons().length >= wanted.length,
      `the ${button} button; so far ${feeler.buttons()}`,
      20,
    );
  }
  assert.deepEqual(feeler.buttons(), wanted);
});

test('the pointer has the shape that the desktop gives it', async () => {
  const shape = () => page.locator('canvas#screen').evaluate(canvas => canvas.style.cursor);
  const box = await page.locator('canvas#screen').boundingBox();
  const over = (x, y) => page.mouse.move(box.x + x, box.y + y);
  await desktop.focus('letters');
  await over(1200, 700);
  const bare = await until(
    async () => /^url\("blob:[^"]+"\) \d+ \d+, default$/.test(await shape()) && shape(),
    'the pointer of the bare desktop',
    20,
  );
  // A terminal has a bar for letters.
  await over(400, 350);
  const bar = await until(
    async () => (await shape()) !== bare && shape(),
    'the pointer of a terminal',
    20,
  );
  assert.match(bar, /^url\("blob:[^"]+"\) \d+ \d+, default$/);
  await over(1200, 700);
  await until(async () => (await shape()) === bare, 'the first shape again, which is known', 20);
});

test('text committed by the input method at home arrives as text', async () => {
  const typist = await desktop.typist();
  if ((await page.getAttribute('#handle', 'aria-expanded')) !== 'true') await page.click('#handle');
  await page.check('input[name=typing][value=home]', { force: true });
  const text = '在宅勤務の申請書を、確認しました。';
  await compose(page, 'ざいたく', text);
  await until(
    () => typist.text() === text,
    `what was composed, and not ${JSON.stringify(typist.text())}`,
    30,
  );
  assert.ok(!typist.text().includes('ざいたく'), 'what is being composed stays at home');
  await page.check('input[name=typing][value=office]', { force: true });
});

/** Opens the toolbar and one of its menus. */
async function menu(id) {
  if ((await page.getAttribute('#handle', 'aria-expanded')) !== 'true') await page.click('#handle');
  if (id && (await page.getAttribute(id, 'aria-expanded')) !== 'true') await page.click(id);
}

test('the line and the time that is left are in sight', async () => {
  await menu();
  await until(
    async () => ['good', 'fair', 'poor'].includes(await page.getAttribute('#line', 'data-quality')),
    'the quality of the line',
    20,
  );
  assert.match(await page.locator('#line-word').textContent(), /良好|やや遅い|遅い/);
  assert.match(await page.locator('#remaining').textContent(), /残り \d+時間\d+分/);
});

test('a window that is smaller: scaled to fit, or pixel by pixel; the pointer points right in both', async () => {
  await page.setViewportSize({ width: 900, height: 600 });
  await menu('#view');
  await page.check('input[name=view][value=fit]', { force: true });
  await until(async () => (await sizes(page)).shownWidth <= 900, 'the scaled desktop', 20);
  const { width, height, shownWidth, shownHeight } = await sizes(page);
  assert.deepEqual({ width, height }, { width: 1280, height: 800 });
  assert.ok(
    Math.abs(shownWidth / shownHeight - 1.6) < 0.01 && shownHeight <= 600,
    `${shownWidth}x${shownHeight}`,
  );
  const points = async (x, y) => {
    const box = await page.locator('canvas#screen').boundingBox();
    await page.mouse.move(box.x + (x * box.width) / 1280, box.y + (y * box.height) / 800);
    // Half a pixel of the desktop either way, for a pointer that rests between two of the page's.
    await until(
      async () => {
        const [, there, here] = /x:(\d+) y:(\d+)/.exec(await desktop.xdo('getmouselocation'));
        return Math.abs(there - x) <= 2 && Math.abs(here - y) <= 2;
      },
      `the pointer at ${x},${y}`,
      20,
    );
  };
  await points(640, 500);
  await menu('#view');
  await page.check('input[name=view][value=actual]', { force: true });
  await until(
    async () => (await sizes(page)).shownWidth === 1280,
    'the desktop pixel by pixel',
    20,
  );
  await points(300, 400);
  await page.setViewportSize({ width: 1280, height: 800 });
});

test('the desktop takes the size of the window when it is to, and the picture is exact in it', async () => {
  await menu('#view');
  assert.equal(await page.locator('#resize-choice').isVisible(), true, 'this desktop can');
  await page.check('#resize', { force: true });
  await page.setViewportSize({ width: 1100, height: 700 });
  const size = async () =>
    /(\d+) (\d+)/
      .exec(await desktop.xdo('getdisplaygeometry'))
      .slice(1)
      .map(Number);
  await until(async () => (await size()).join() === '1100,700', "the desktop's new size", 20);
  await until(
    async () => {
      const { width, height } = await sizes(page);
      return width === 1100 && height === 700;
    },
    "the picture's",
    20,
  );
  await desktop.xdo('mousemove', 1099, 699);
  await until(
    async () =>
      differing(await desktop.picture(0, 0, 1100, 680), await pixels(page, 0, 0, 1100, 680)) === 0,
    'the exact picture',
  );
  await page.setViewportSize({ width: 1280, height: 800 });
  await until(async () => (await size()).join() === '1280,800', 'the first size again', 20);
  await menu('#view');
  await page.uncheck('#resize', { force: true });
});

test('full screen takes the keys that a browser keeps, and says how to leave', async () => {
  await page.evaluate(() => {
    const lock = navigator.keyboard.lock.bind(navigator.keyboard);
    navigator.keyboard.lock = (...keys) => {
      window.locked = lock(...keys).then(() => keys);
      return window.locked;
    };
  });
  await menu();
  await page.click('#full');
  await page.waitForFunction(() => document.fullscreenElement !== null);
  assert.deepEqual(
    await page.evaluate(() => window.locked),
    [],
    'every key, and the browser took it',
  );
  assert.match(await page.locator('#hint').textContent(), /Alt\+Tab や Windows キーも/);
  await menu();
  assert.equal(await page.getAttribute('#full', 'aria-pressed'), 'true');
  await page.click('#full');
  await page.waitForFunction(() => document.fullscreenElement === null);
});

test('no error was reported by the page', () => {
  assert.deepEqual(page.faults, []);
});

/** A key of a Japanese keyboard, which Playwright's own layout does not know. */
async function press(page, code, key) {
  const client = await page.context().newCDPSession(page);
  const event = { code, key, windowsVirtualKeyCode: 0 };
  await client.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', ...event });
  await client.send('Input.dispatchKeyEvent', { type: 'keyUp', ...event });
  await client.detach();
}

/** A composition by an input method: what is shown while composing, then what is committed. */
async function compose(page, composing, committed) {
  const client = await page.context().newCDPSession(page);
  await client.send('Input.imeSetComposition', {
    text: composing,
    selectionStart: composing.length,
    selectionEnd: composing.length,
  });
  await client.send('Input.insertText', { text: committed });
  await client.detach();
}
