// Tickets and grants that are not what they should be, with the real programs: each is refused by its name, and what an agent
// refused is on record.
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import net from 'node:net';
import { after, before, test } from 'node:test';
import { launch } from '../browser/chromium.mjs';
import { freePort, until } from '../browser/desktops.mjs';
import { live, pair, pc, signIn } from '../browser/open.mjs';
import { Town } from '../browser/town.mjs';
import { knock } from './socket.mjs';

const LIVE = 'canvas#screen[data-state=live]';
const ENDED = 'canvas#screen[data-state=ended]';
/** Debian's libfaketime, wherever this machine's architecture keeps it. */
const LIBRARY = readdirSync('/usr/lib').map((d) => `/usr/lib/${d}/faketime/libfaketimeMT.so.1`).find(existsSync);
/** The relay's close codes (spec/pairing.md). */
const CODE = { ended: 4001, bad: 4003, origin: 4004, side: 4005, body: 4006, used: 4009, expired: 4010, future: 4011 };
let browser, town, home, ports, line, port;

/** Between server and agent: what `deed` does, in place, to the message that calls to a meeting. */
class Line {
  deed = null;
  static async to(port) {
    const it = new Line();
    it.server = net.createServer((near) => {
      const far = net.connect(port(), '127.0.0.1');
      for (const socket of [near, far]) socket.on('error', () => {}).on('close', () => { near.destroy(); far.destroy(); });
      near.pipe(far);
      far.on('data', (bytes) => {
        const at = bytes.indexOf('{"type":"meet"');
        // Between 126 and 65,535 bytes: the length stands in the two before it (RFC 6455, section 5.2).
        if (at > 0 && it.deed) it.deed(bytes.subarray(at, at + bytes.readUInt16BE(at - 2)));
        near.write(bytes);
      });
    });
    await new Promise((resolve) => it.server.listen(0, '127.0.0.1', resolve));
    it.port = it.server.address().port;
    return it;
  }
}

before(async () => {
  ports = { relay: await freePort(), other: await freePort(), late: await freePort() };
  line = await Line.to(() => port);
  const reach = (to) => { port = to.port; return `http://127.0.0.1:${line.port}`; };
  town = await Town.seeded({ args: ['--relay-origin', `ws://127.0.0.1:${ports.relay}`], reach });
  await town.startRelay(ports.relay);
  browser = await launch();
  home = await browser.newPage();
  await signIn(home, town);
  await pair(home, town);
});

after(async () => {
  await browser?.close();
  line?.server.close();
  await town?.end();
});

/** Asks for a session as the page does: its ticket. The agent goes to the relay and waits there. */
async function ticket() {
  const target = await pc(home, town);
  await home.goto(`${town.url}/devices`);
  const answer = await home.evaluate(async (target) => {
    const device = /^\/devices\/([0-9a-f]{32})\/revoke$/.exec(document.querySelector('form[action$="/revoke"]').getAttribute('action'))[1];
    const headers = { 'content-type': 'application/json', 'x-noren-csrf': document.querySelector('input[name=csrf]').value };
    return (await fetch('/api/sessions', { method: 'POST', headers, body: JSON.stringify({ target, device }) })).json();
  }, target);
  return Buffer.from(answer.ticket, 'base64');
}

const relayed = (message, { at = ports.relay, origin = town.url, ...rest } = {}) => knock(at, '/relay', { origin, message, ...rest });
const joined = (messages) => messages.some((one) => one.equals(Buffer.from([1])));

test('a ticket works once, on its own side, for its own page', async () => {
  const mine = await ticket();
  assert.equal((await relayed(mine, { origin: null })).code, CODE.side, 'no page');
  assert.equal((await relayed(mine, { origin: 'https://elsewhere.example' })).code, CODE.origin, 'another page');
  // Refused, it was not used up.
  assert.ok(joined((await relayed(mine, { until: joined })).messages), 'the agent was there');
  assert.equal((await relayed(mine)).code, CODE.used, 'played again');
});

test('an altered ticket is none', async () => {
  const mine = await ticket();
  for (const at of [0, 1, 17, 18, 24, 32, mine.length - 1]) {
    const altered = Buffer.from(mine);
    altered[at] ^= 1;
    assert.equal((await relayed(altered)).code, CODE.bad, `byte ${at}`);
  }
  assert.equal((await relayed(mine.subarray(0, -1))).code, CODE.bad, 'cut');
});

test('a ticket of another body, of another server, of another time', async () => {
  await town.startRelay(ports.other, { name: 'other', settings: 'bodies = ["011002"]\n' });
  assert.equal((await relayed(await ticket(), { at: ports.other })).code, CODE.body);
  await town.kill('other');
  // The relay of another server: its key is any other point of the curve.
  await town.startRelay(ports.other, { name: 'other', key: 'iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w=' });
  assert.equal((await relayed(await ticket(), { at: ports.other })).code, CODE.bad);
  for (const [name, offset, code] of [['late', '+2m', CODE.expired], ['early', '-15m', CODE.future]]) {
    await town.startRelay(ports.late, { name, env: { LD_PRELOAD: LIBRARY, FAKETIME: offset, DONT_FAKE_MONOTONIC: '1', FAKETIME_DONT_FAKE_MONOTONIC: '1' } });
    assert.equal((await relayed(await ticket(), { at: ports.late })).code, code, name);
    await town.kill(name);
  }
});

/** Opens the PC over a line that does this to the call; what the page says in the end, and what is on record. */
async function refused(deed, why) {
  const before = await town.sql('SELECT count(*) FROM audit_records WHERE kind = 402');
  line.deed = deed;
  await home.goto(`${town.url}/session/${await pc(home, town)}`);
  await until(async () => Number(await town.sql('SELECT count(*) FROM audit_records WHERE kind = 402')) > Number(before), 'the record of it');
  assert.equal(await home.locator(LIVE).count(), 0);
  line.deed = null;
  assert.match(await town.ok('server', 'audit', 'export', '--format', 'csv', '--chain', town.body), new RegExp(`session\\.refused.*${why}`));
}

test('an altered grant: refused by the office, told to the page, on record', async () => {
  const altered = (message) => {
    // In the user's id; the signature does not fit any more.
    const at = message.indexOf('"grant":"') + 9 + 60;
    message[at] = message[at] === 0x41 ? 0x42 : 0x41;
  };
  await refused(altered, 'bad_grant');
  await home.locator(ENDED).waitFor({ state: 'attached' });
  await home.click('#card-actions button');
  await live(home, town);
});

test('a grant played again opens nothing, and the next true one does', async () => {
  let first = null;
  line.deed = (message) => { first = Buffer.from(message); };
  await home.goto(`${town.url}/session/${await pc(home, town)}`);
  await live(home, town);
  await home.goto(`${town.url}/`);
  await refused((message) => {
    line.deed = null;
    if (message.length === first.length) first.copy(message);
  }, 'replayed');
  await live(home, town);
});

test('a relay swapped under a live session: the page says what is missing, and is back when the true one is', async (t) => {
  await home.locator(LIVE).waitFor();
  await town.kill('relay');
  // Another server's relay on the same address: it takes nobody's ticket here.
  await town.startRelay(ports.relay, { name: 'swapped', key: 'iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w=' });
  await home.waitForFunction(() => document.querySelector('canvas#screen').dataset.missing === 'relay');
  assert.equal(await home.locator(LIVE).count(), 0);
  await town.kill('swapped');
  await town.startRelay(ports.relay);
  const returned = Date.now();
  await home.locator(LIVE).waitFor();
  t.diagnostic(`live ${Date.now() - returned} ms after the true relay's return`);
});
