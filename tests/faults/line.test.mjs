// Lines that are cut or fall silent, and one box that holds server and relay switched off and on:
// the page says so and is live again by itself, without a new sign-in.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { launch } from '../browser/chromium.mjs';
import { freePort } from '../browser/desktops.mjs';
import { open } from '../browser/open.mjs';
import { Town } from '../browser/town.mjs';
import { Gate } from './gate.mjs';

const LIVE = 'canvas#screen[data-state=live]';
let browser;

before(async () => {
  browser = await launch();
});
after(async () => {
  await browser?.close();
});

/** Does it, sees that the page notices and names something, mends it, sees it live. */
async function lost(t, home, breaks, mends) {
  await home.locator(LIVE).waitFor();
  const begun = Date.now();
  await breaks();
  await home.locator('canvas#screen:not([data-state=live])').waitFor();
  const noticed = Date.now() - begun;
  await home.waitForFunction(() => document.querySelector('canvas#screen').dataset.missing !== '');
  const missing = await home.getAttribute('canvas#screen', 'data-missing');
  await mends();
  const returned = Date.now();
  await home.locator(LIVE).waitFor();
  t.diagnostic(
    `missing: ${missing}, noticed after ${noticed} ms; live ${Date.now() - returned} ms after the return`,
  );
  assert.ok(!home.url().includes('/sign-in'), 'no new sign-in');
}

const cutAndSilent = at => {
  test('is cut', t =>
    lost(
      t,
      at.home,
      () => at.gate.cut(),
      () => at.gate.open(),
    ));
  test('falls silent: nothing is closed, and it is noticed', t =>
    lost(
      t,
      at.home,
      async () => at.gate.hold(),
      () => at.gate.open(),
    ));
  test('says nothing wrong to the page', () => {
    assert.deepEqual(
      at.home.faults.filter(fault => !/WebSocket|Failed to load resource|ERR_/.test(fault)),
      [],
    );
  });
};

describe('the line to a relay elsewhere', () => {
  const at = {};

  before(async () => {
    const port = await freePort();
    at.gate = await Gate.before(() => port);
    at.town = await Town.seeded({ args: ['--relay-origin', `ws://127.0.0.1:${at.gate.port}`] });
    await at.town.startRelay(port);
    at.home = await browser.newPage();
    await open(at.home, at.town);
  });

  after(async () => {
    await at.town?.end();
    await at.gate?.end();
  });

  cutAndSilent(at);
});

describe('the line of an office to the one box', () => {
  const at = {};

  before(async () => {
    at.gate = await Gate.before(() => at.port);
    const reach = town => {
      at.port = town.port;
      return `http://127.0.0.1:${at.gate.port}`;
    };
    at.town = await Town.seeded({ reach });
    at.home = await browser.newPage();
    await open(at.home, at.town);
  });

  after(async () => {
    await at.town?.end();
    await at.gate?.end();
  });

  cutAndSilent(at);

  test('the box is switched off and on', t =>
    lost(
      t,
      at.home,
      () => at.town.kill('server'),
      () => at.town.startServer(),
    ));
});
