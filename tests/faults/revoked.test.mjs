// A relay apart from the server cuts what was revoked by itself: the agent neither obeys nor
// answers, or the server is silent.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { launch } from '../browser/chromium.mjs';
import { freePort, until } from '../browser/desktops.mjs';
import { live, open, signIn } from '../browser/open.mjs';
import { Town } from '../browser/town.mjs';

/** A live session must be over within this (NOREN-R16), in ms. */
const BOUND = 5000;
const LIVE = 'canvas#screen[data-state=live]';
const ENDED = 'canvas#screen[data-state=ended]';
let browser, town, office, home, port;

before(async () => {
  port = await freePort();
  town = await Town.seeded({ args: ['--relay-origin', `ws://127.0.0.1:${port}`] });
  await town.startRelay(port, { settings: 'grace = 30\n' });
  browser = await launch();
  [office, home] = [await browser.newPage(), await browser.newPage()];
  await signIn(office, town, { body: town.body, ...town.admin });
  await open(home, town);
});

after(async () => {
  if (town) for (const name of ['agent', 'server']) town.go(name);
  await browser?.close();
  await town?.end();
});

/** Connections that stand at the relay. */
function connections() {
  const [here, stands] = [port.toString(16).toUpperCase().padStart(4, '0'), '01'];
  const rows = readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .slice(1)
    .map(row => row.trim().split(/\s+/));
  return rows.filter(([, local, , state]) => local?.endsWith(`:${here}`) && state === stands)
    .length;
}

test('a server that is not heard has no sessions at its relay, and has them again when it is', async t => {
  await home.locator(LIVE).waitFor();
  assert.equal(connections(), 3, 'the page, the agent and the server');
  const begun = Date.now();
  town.stop('server');
  await until(() => connections() <= 1, 'the end of both sides');
  t.diagnostic(
    `both sides cut ${Date.now() - begun} ms after the server's last breath (grace 30 s)`,
  );
  await home.locator('canvas#screen:not([data-state=live])').waitFor();
  town.go('server');
  await live(home, town);
});

test('an agent that does not move cannot keep a session that was revoked', async t => {
  await home.locator(LIVE).waitFor();
  await office.goto(`${town.url}/admin/devices`);
  await office.click('tbody tr a');
  town.stop('agent');
  const begun = Date.now();
  const over = home.locator(ENDED).waitFor({ state: 'attached', timeout: BOUND });
  await office.click('form[action$="/revoke"] button');
  await over;
  t.diagnostic(`over after ${Date.now() - begun} ms`);
  await until(() => connections() === 1, "the end of the agent's side");
  assert.ok(Date.now() - begun < 2 * BOUND);
  town.go('agent');
});
