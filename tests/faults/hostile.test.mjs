// Who stands between, beside or before it: a relay that lies, a page from elsewhere, somebody who
// guesses.
import assert from 'node:assert/strict';
import http from 'node:http';
import net from 'node:net';
import { after, before, test } from 'node:test';
import { launch } from '../browser/chromium.mjs';
import { freePort } from '../browser/desktops.mjs';
import { connect, live, pair, signIn, totp } from '../browser/open.mjs';
import { Town } from '../browser/town.mjs';

const LIVE = 'canvas#screen[data-state=live]';
const ENDED = 'canvas#screen[data-state=ended]';
let browser, town, home, liar;

/**
 * In front of the real relay: what `deed` does to the bytes that come to a browser, once per
 * connection, at a record.
 */
class Liar {
  deed = null;
  done = 0;
  #sockets = new Set();

  static async before(port) {
    const it = new Liar();
    it.server = net.createServer(near => it.#join(near, net.connect(port, '127.0.0.1')));
    await new Promise(resolve => it.server.listen(0, '127.0.0.1', resolve));
    it.port = it.server.address().port;
    return it;
  }

  #join(near, far) {
    let [browsers, passed, lied] = [false, 0, false];
    for (const socket of [near, far])
      this.#sockets.add(
        socket
          .on('error', () => {})
          .on('close', () => {
            near.destroy();
            far.destroy();
          }),
      );
    near.on('data', bytes => {
      browsers ||= /^origin:/im.test(bytes.toString('latin1'));
      far.write(bytes);
    });
    far.on('data', bytes => {
      passed += bytes.length;
      // Beyond the handshake, in a piece so long that its middle is the inside of a record.
      if (this.deed && browsers && !lied && passed > 1500 && bytes.length > 200) {
        lied = true;
        this.done += 1;
        this.happened();
        return this.deed(near, bytes);
      }
      near.write(bytes);
    });
  }

  end() {
    this.server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}

before(async () => {
  const port = await freePort();
  liar = await Liar.before(port);
  const staff = [
    { login: 'admin', name: '情報 太郎', roles: 'staff+it' },
    { login: 'hanako', name: '佐藤 花子', roles: 'staff' },
    { login: 'jiro', name: '鈴木 次郎', roles: 'staff' },
  ];
  town = await Town.seeded({
    args: ['--relay-origin', `ws://127.0.0.1:${liar.port}`],
    change: { staff },
  });
  await town.startRelay(port);
  browser = await launch();
  home = await browser.newPage();
  await signIn(home, town);
  await pair(home, town);
  await connect(home, town);
});

after(async () => {
  await browser?.close();
  liar?.end();
  await town?.end();
});

/** Opens the session anew over a relay that does this. */
async function over(deed) {
  // A first small picture may already be there when it does it.
  let resolve;
  const promise = new Promise(r => (resolve = r));
  Object.assign(liar, { deed, done: 0, happened: resolve });
  await home.reload();
  await promise;
}

test('a relay that cuts the stream: noticed, and repaired', async () => {
  await over(near => {
    liar.deed = null;
    near.destroy();
  });
  await live(home, town);
  assert.equal(liar.done, 1);
});

for (const [what, deed] of [
  [
    'alters a record',
    (near, bytes) => {
      bytes[bytes.length >> 1] ^= 1;
      near.write(bytes);
    },
  ],
  [
    'repeats records',
    (near, bytes) => {
      near.write(bytes);
      near.write(bytes);
    },
  ],
]) {
  test(`a relay that ${what}: the session ends, and the page says why`, async () => {
    await over(deed);
    await home.locator(ENDED).waitFor({ state: 'attached' });
    assert.match(await home.locator('#card-text').textContent(), /書き換えられたおそれ/);
    assert.ok(liar.done >= 1);
  });
}

test('a relay that puts records in another order: no picture of it', async () => {
  let kept = null;
  await over((near, bytes) => {
    kept = bytes;
    liar.deed = null;
    // What comes next overtakes it.
    setTimeout(() => near.write(kept), 300);
  });
  await live(home, town);
  assert.equal(liar.done, 1);
});

test("a relay that is another: it has nobody's trust, and no picture comes of it", async () => {
  // One that lets everybody in and speaks first, as whoever it pretends to be.
  const other = net.createServer(socket =>
    socket.on('error', () => {}).on('data', () => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n')),
  );
  await new Promise(
    resolve => liar.server.close(resolve) && other.listen(liar.port, '127.0.0.1', resolve),
  );
  await home.reload();
  await home.waitForFunction(() => document.querySelector('canvas#screen').dataset.missing !== '');
  assert.equal(await home.locator(LIVE).count(), 0);
  await new Promise(resolve => {
    other.close(resolve);
    other.closeAllConnections?.();
  });
});

test('a page from elsewhere can neither act for who is signed in nor open a WebSocket', async () => {
  const site = http.createServer((_, answer) =>
    answer.setHeader('content-type', 'text/html').end('<!doctype html><title>elsewhere</title>'),
  );
  await new Promise(resolve => site.listen(0, '127.0.0.1', resolve));
  try {
    const page = await home.context().newPage();
    await page.goto(`http://127.0.0.1:${site.address().port}/`);
    const [answer] = await Promise.all([
      page.waitForNavigation(),
      page.evaluate(url => {
        const form = document.createElement('form');
        Object.assign(form, { method: 'post', action: `${url}/sign-out` });
        document.body.append(form);
        form.submit();
      }, town.url),
    ]);
    assert.equal(answer.status(), 403);
    await page.goto(`http://127.0.0.1:${site.address().port}/`);
    for (const path of ['/relay', '/agent/control']) {
      const opened = await page.evaluate(
        url =>
          new Promise(resolve => {
            const socket = new WebSocket(url);
            socket.onopen = () => resolve(true);
            socket.onerror = () => resolve(false);
          }),
        `${town.url.replace('http', 'ws')}${path}`,
      );
      assert.equal(opened, false, path);
    }
    assert.ok(
      !(await page.goto(`${town.url}/account`)).url().includes('/sign-in'),
      'still signed in',
    );
    await page.close();
  } finally {
    site.close();
  }
});

test('who guesses a password is locked out, with the right one too, and it is on record', async () => {
  const jiro = town.seeded.staff.find(one => one.user === 'jiro');
  const page = await browser.newPage();
  const tried = async (password, code) => {
    await page.goto(`${town.url}/sign-in`);
    await page.fill('#login', jiro.user);
    await page.fill('#password', password);
    await page.fill('#code', code);
    await page.click('#sign-in button');
    await page.waitForLoadState();
    return new URL(page.url()).pathname === '/sign-in';
  };
  for (let n = 0; n < 5; n += 1) assert.ok(await tried(`guess-${n}-Abc`, '000000'));
  assert.ok(await tried(jiro.password, totp(jiro.totp_secret)), 'locked');
  const office = await browser.newPage();
  await signIn(office, town, { body: town.body, ...town.admin });
  await office.goto(`${town.url}/admin/staff`);
  await office.click('tbody tr:has-text("jiro") a');
  assert.match(await office.locator('main').innerText(), /ロックされています/);
  await office.click('form[action$="/unlock"] button');
  assert.equal(
    await tried(jiro.password, totp(jiro.totp_secret, Date.now() + 30_000)),
    false,
    'let in again by the administrator',
  );
});
