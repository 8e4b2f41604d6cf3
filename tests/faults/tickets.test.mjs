// Tickets that are not what they should be, and somebody between server and agent who has opened
// the TLS, with the real programs: each is refused by its name.
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
/** Debian's libfaketime, wherever this machine's architecture keeps it. */
const LIBRARY = readdirSync('/usr/lib')
  .map(d => `/usr/lib/${d}/faketime/libfaketimeMT.so.1`)
  .find(existsSync);
/** The relay's close codes (spec/pairing.md). */
const CODE = {
  ended: 4001,
  bad: 4003,
  origin: 4004,
  side: 4005,
  body: 4006,
  used: 4009,
  expired: 4010,
  future: 4011,
};
let browser, town, home, ports, line, port;

/**
 * Between server and agent: what `deed` does, in place, to the word that calls to a meeting; and
 * what it says itself, with `say`.
 */
class Line {
  deed = null;
  static async to(port) {
    const it = new Line();
    it.server = net.createServer(near => {
      const far = net.connect(port(), '127.0.0.1');
      for (const socket of [near, far])
        socket
          .on('error', () => {})
          .on('close', () => {
            near.destroy();
            far.destroy();
          });
      near.on('data', bytes => {
        if (bytes.indexOf('GET /agent/control') === 0) it.agent = near;
        far.write(bytes);
      });
      far.on('data', bytes => {
        const at = bytes.indexOf('{"type":"meet"');
        // Two numbers stand before the text of a word. Between 126 and 65,535 bytes: the length
        // stands in the two before it (RFC 6455, section 5.2).
        if (at > 18 && it.deed)
          it.deed(bytes.subarray(at - 16, at - 16 + bytes.readUInt16BE(at - 18)));
        near.write(bytes);
      });
    });
    await new Promise(resolve => it.server.listen(0, '127.0.0.1', resolve));
    it.port = it.server.address().port;
    return it;
  }

  /** A message of its own to the agent, as the server said it before words were signed. */
  say(message) {
    const text = Buffer.from(JSON.stringify(message));
    const length = text.length < 126 ? [text.length] : [126, text.length >> 8, text.length & 255];
    this.agent.write(Buffer.concat([Buffer.from([0x81, ...length]), text]));
  }
}

before(async () => {
  ports = { relay: await freePort(), other: await freePort(), late: await freePort() };
  line = await Line.to(() => port);
  const reach = to => {
    port = to.port;
    return `http://127.0.0.1:${line.port}`;
  };
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
  const answer = await home.evaluate(async target => {
    const device = /^\/devices\/([0-9a-f]{32})\/revoke$/.exec(
      document.querySelector('form[action$="/revoke"]').getAttribute('action'),
    )[1];
    const headers = {
      'content-type': 'application/json',
      'x-noren-csrf': document.querySelector('input[name=csrf]').value,
    };
    return (
      await fetch('/api/sessions', {
        method: 'POST',
        headers,
        body: JSON.stringify({ target, device }),
      })
    ).json();
  }, target);
  return Buffer.from(answer.ticket, 'base64');
}

const relayed = (message, { at = ports.relay, origin = town.url, ...rest } = {}) =>
  knock(at, '/relay', { origin, message, ...rest });
const joined = messages => messages.some(one => one.equals(Buffer.from([1])));

test('a ticket works once, on its own side, for its own page', async () => {
  const mine = await ticket();
  assert.equal((await relayed(mine, { origin: null })).code, CODE.side, 'no page');
  assert.equal(
    (await relayed(mine, { origin: 'https://elsewhere.example' })).code,
    CODE.origin,
    'another page',
  );
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
  await town.startRelay(ports.other, {
    name: 'other',
    key: 'iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w=',
  });
  assert.equal((await relayed(await ticket(), { at: ports.other })).code, CODE.bad);
  for (const [name, offset, code] of [
    ['late', '+2m', CODE.expired],
    ['early', '-15m', CODE.future],
  ]) {
    await town.startRelay(ports.late, {
      name,
      env: {
        LD_PRELOAD: LIBRARY,
        FAKETIME: offset,
        DONT_FAKE_MONOTONIC: '1',
        FAKETIME_DONT_FAKE_MONOTONIC: '1',
      },
    });
    assert.equal((await relayed(await ticket(), { at: ports.late })).code, code, name);
    await town.kill(name);
  }
});

/**
 * Nothing came of what somebody between did but the end of that line; the agent is back by itself,
 * and so is the page.
 */
async function unharmed(before) {
  const { retired, devices } = JSON.parse(await town.ok('agent', 'status', '--json'));
  assert.deepEqual([retired, devices], [false, before]);
  await live(home, town);
}

const devices = async () => JSON.parse(await town.ok('agent', 'status', '--json')).devices;
const named = trouble => until(async () => town.said().includes(trouble), trouble);

test('a call that is altered on its way: the line ends by name, and the agent comes when nobody alters any more', async () => {
  const before = await devices();
  let calls = 0;
  line.deed = word => {
    // In the grant's user id.
    const at = word.indexOf('"grant":"') + 9 + 60;
    word[at] = word[at] === 0x41 ? 0x42 : 0x41;
    calls += 1;
  };
  await home.goto(`${town.url}/session/${await pc(home, town)}`);
  await named('the signature does not match');
  assert.ok(calls >= 1);
  assert.equal(await home.locator(LIVE).count(), 0);
  line.deed = null;
  await unharmed(before);
});

test('a call that was made before, in the place of another: the line ends by name', async () => {
  const before = await devices();
  let first = null;
  line.deed = word => {
    first = Buffer.from(word);
  };
  await home.goto(`${town.url}/session/${await pc(home, town)}`);
  await live(home, town);
  await home.goto(`${town.url}/`);
  let done = false;
  line.deed = word => {
    if (done || word.length !== first.length) return;
    first.copy(word);
    done = true;
  };
  await home.goto(`${town.url}/session/${await pc(home, town)}`);
  await named('a word is missing or came twice');
  line.deed = null;
  await unharmed(before);
});

test('an order and a meet that nobody signed: the line ends by name, the agent is not retired and goes nowhere', async () => {
  const before = await devices();
  const visited = [];
  const inner = net.createServer(socket => {
    visited.push(socket.remotePort);
    socket.destroy();
  });
  await new Promise(resolve => inner.listen(0, '127.0.0.1', resolve));
  try {
    const kind = { kind: 'pairing', invite: 'ABCD', user: '06'.repeat(16), login: town.user };
    const relay = `ws://127.0.0.1:${inner.address().port}/internal?x`;
    for (const message of [
      { type: 'order', number: 1, order: { type: 'retire' } },
      {
        type: 'meet',
        meeting: '05'.repeat(16),
        kind,
        relay,
        ticket: Buffer.alloc(112).toString('base64'),
      },
    ]) {
      const line_before = line.agent;
      line.say(message);
      await named('an unsigned word');
      await until(async () => line.agent !== line_before, 'another line');
      await unharmed(before);
    }
    assert.deepEqual(visited, []);
  } finally {
    inner.close();
  }
});

test('a relay swapped under a live session: the page says what is missing, and is back when the true one is', async t => {
  await home.locator(LIVE).waitFor();
  await town.kill('relay');
  // Another server's relay on the same address: it takes nobody's ticket here.
  await town.startRelay(ports.relay, {
    name: 'swapped',
    key: 'iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w=',
  });
  await home.waitForFunction(
    () => document.querySelector('canvas#screen').dataset.missing === 'relay',
  );
  assert.equal(await home.locator(LIVE).count(), 0);
  await town.kill('swapped');
  await town.startRelay(ports.relay);
  const returned = Date.now();
  await home.locator(LIVE).waitFor();
  t.diagnostic(`live ${Date.now() - returned} ms after the true relay's return`);
});
