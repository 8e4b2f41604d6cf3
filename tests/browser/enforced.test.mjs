// What the office enforces whatever the page does: the watermark in the pixels, and that nothing
// but pixels leaves.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch } from './chromium.mjs';
import { differing, pixels } from './canvas.mjs';
import { start } from './demo.mjs';
import { until, xvnc } from './desktops.mjs';
import { live, open, signIn } from './open.mjs';

let browser, desktop, demo, page;

before(async () => {
  desktop = await xvnc();
  demo = await start('--vnc', `127.0.0.1:${desktop.port}`);
  browser = await launch();
  page = await browser.newPage();
  await open(page, demo);
});

after(async () => {
  await browser?.close();
  await demo?.end();
  await desktop?.end();
});

test('the watermark is in the pixels: the office sends no picture without it', async () => {
  // The desktop is one colour: whatever else stands in the canvas was put there by the agent.
  const marked = await until(async () => {
    const [theirs, ours] = [
      await desktop.picture(0, 0, 1280, 780),
      await pixels(page, 0, 0, 1280, 780),
    ];
    const n = differing(theirs, ours);
    return n > 2000 && n < 600_000 ? n : 0;
  }, 'the watermark');
  assert.ok(marked);
  const drawn = await page.evaluate(
    () =>
      [...document.querySelectorAll('body *')].filter(
        e => getComputedStyle(e).mixBlendMode !== 'normal',
      ).length,
  );
  assert.equal(drawn, 0, 'the page draws none of its own that could be taken away');
});

/** How many pixels are not the desktop's own, and by how much at most, once the picture rests. */
async function marks() {
  // Away from what is compared: a pointer that nobody at home moved is drawn into the picture.
  await desktop.xdo('mousemove', 1279, 799);
  let last = null;
  return until(async () => {
    const [theirs, ours] = [
      await desktop.picture(0, 0, 1280, 780),
      await pixels(page, 0, 0, 1280, 780),
    ];
    const now = {
      count: differing(theirs, ours),
      depth: theirs.reduce(
        (most, byte, at) => (at % 4 === 3 ? most : Math.max(most, Math.abs(byte - ours[at]))),
        0,
      ),
    };
    const same = last && now.count === last.count && now.depth === last.depth;
    last = now;
    return same && now;
  }, 'a picture that rests');
}

test("its text, contrast and spacing are the policy's, and without one the picture is the office's own", async () => {
  const office = await browser.newPage();
  await signIn(office, demo, { body: demo.body, ...demo.admin });
  const policy = async change => {
    await office.goto(`${demo.url}/admin/policy`);
    const form = office.locator('form[action="/admin/policy/session"]');
    for (const [name, value] of Object.entries(change)) {
      const field = form.locator(`[name=${name}]`);
      if (typeof value === 'boolean') await field.setChecked(value);
      else await field.fill(String(value));
    }
    await form.locator('button').click();
    await office.waitForURL(/done=/);
    // A session keeps the policy of its grant; the next one has the new.
    await page.reload();
    await live(page, demo);
    return marks();
  };
  const plain = await policy({ contrast: 10, spacing: 200, text: '{user}' });
  const strong = await policy({ contrast: 40 });
  assert.equal(strong.count, plain.count, 'the same strokes');
  assert.ok(strong.depth > plain.depth, `${strong.depth} stands out more than ${plain.depth}`);
  const dense = await policy({ spacing: 40 });
  assert.ok(dense.count > 2 * strong.count, `${dense.count} pixels, and not ${strong.count}`);
  const wordy = await policy({ text: '{user} {body} {time} 持出厳禁' });
  assert.notEqual(wordy.count, dense.count, 'another text');
  assert.deepEqual(await policy({ watermark: false }), { count: 0, depth: 0 });
  await policy({ watermark: true });
  await office.context().close();
});

test('what is copied at the office does not come home, and the other way round', async () => {
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.evaluate(() => navigator.clipboard.writeText('at home'));
  const typist = await desktop.typist();
  await desktop.xdo('mousemove', 400, 300, 'click', 2);
  await page.locator('canvas#screen').focus();
  await page.keyboard.press('Control+v');
  await until(
    () => typist.text() === '\x16',
    `the key alone, and not ${JSON.stringify(typist.text())}`,
    20,
  );
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), 'at home');
});

test('the pages load nothing from elsewhere and keep the picture to themselves', async () => {
  const asked = [];
  const other = await page.context().newPage();
  other.on('request', request => asked.push(request.url()));
  await other.goto(`${demo.url}/`);
  assert.ok(asked.length > 0 && asked.every(url => url.startsWith(demo.url)), asked.join(' '));
  const { headers } = await other.request.get(`${demo.url}/`).then(r => ({ headers: r.headers() }));
  assert.match(headers['content-security-policy'], /default-src 'none'/);
  assert.ok(!/unsafe-inline|unsafe-eval/.test(headers['content-security-policy']));
});
