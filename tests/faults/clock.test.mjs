// A clock that is off by an hour, at the office or at the server: the page names it, nobody who is
// at work is cut, and when the clock is right again so is everything.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { launch } from '../browser/chromium.mjs';
import { until } from '../browser/desktops.mjs';
import { live, open, totp } from '../browser/open.mjs';
import { Town } from '../browser/town.mjs';

const LIVE = 'canvas#screen[data-state=live]';
const ENDED = 'canvas#screen[data-state=ended]';
/** Debian's libfaketime, wherever this machine's architecture keeps it. */
const LIBRARY = readdirSync('/usr/lib')
  .map(d => `/usr/lib/${d}/faketime/libfaketimeMT.so.1`)
  .find(existsSync);
let browser, town, home;

/** A calendar clock that says what its file says; the clock that never jumps does not. */
const clock = name => ({
  LD_PRELOAD: LIBRARY,
  FAKETIME_TIMESTAMP_FILE: file(name),
  FAKETIME_NO_CACHE: '1',
  DONT_FAKE_MONOTONIC: '1',
  FAKETIME_DONT_FAKE_MONOTONIC: '1',
});
const file = name => path.join(process.env.NOREN_CLOCKS, name);
const set = (name, seconds) =>
  writeFileSync(file(name), `${seconds < 0 ? '-' : '+'}${Math.abs(seconds)}`);

before(async () => {
  const { mkdtempSync } = await import('node:fs');
  process.env.NOREN_CLOCKS = mkdtempSync('/tmp/noren-clocks-');
  for (const name of ['server', 'agent']) set(name, 0);
  town = await Town.seeded({
    server: { env: clock('server') },
    agent: { env: clock('agent') },
    change: { sign_in: { idle_seconds: 28_800 } },
  });
  browser = await launch();
  home = await browser.newPage();
  await open(home, town);
});

after(async () => {
  await browser?.close();
  await town?.end();
  const { rmSync } = await import('node:fs');
  rmSync(process.env.NOREN_CLOCKS, { recursive: true, force: true });
});

for (const [name, seconds] of [
  ['agent', 3600],
  ['agent', -3600],
  ['server', 3600],
]) {
  test(`the ${name}'s clock is an hour ${seconds > 0 ? 'ahead' : 'behind'}`, async () => {
    await home.locator(LIVE).waitFor();
    set(name, seconds);
    // Somebody at work is not thrown out by it; whoever comes anew is told what is wrong.
    await home.keyboard.press('a');
    assert.equal(await home.locator(LIVE).count(), 1);
    // Ahead, the office takes what ends within the hour for over.
    if (name === 'agent' && seconds > 0)
      await town.sql(`UPDATE assignments SET valid_until = ${Date.now() + 1_800_000}`);
    await home.reload();
    await home.locator(ENDED).waitFor({ state: 'attached' });
    assert.match(await home.locator('#card-text').textContent(), /庁内の装置の時計が合っていない/);
    set(name, 0);
    await home.click('#card-actions button');
    await live(home, town);
    await town.sql(`UPDATE assignments SET valid_until = ${Date.now() + 86_400_000}`);
  });
}

test('the agent says so itself, on its own machine too', async () => {
  set('agent', 3600);
  await town.kill('server');
  await town.startServer({ env: clock('server') });
  await until(() => /clock is ahead of the server's/.test(town.said()), 'the warning');
  set('agent', 0);
});

test('with the server an hour ahead no one-time code is right, and one of the right hour is again', async () => {
  const other = await browser.newPage();
  const tried = async ({ user, password, totp_secret }) => {
    await other.goto(`${town.url}/sign-in`);
    await other.fill('#login', user);
    await other.fill('#password', password);
    await other.fill('#code', totp(totp_secret));
    await other.click('#sign-in button');
    return new URL(other.url()).pathname !== '/sign-in';
  };
  set('server', 3600);
  assert.equal(await tried(town), false);
  assert.match(await other.locator('.alert').first().innerText(), /サインインできませんでした/);
  set('server', 0);
  // The limits on guessing are at their fullest for a moment when time goes back.
  await until(() => tried(town.admin), 'the sign-in');
  assert.match(await town.ok('server', 'audit', 'verify'), /131016 ok/);
});
