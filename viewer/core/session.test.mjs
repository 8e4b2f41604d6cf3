import test from 'node:test';
import assert from 'node:assert/strict';
import { Session, readAnswer } from './session.js';
import { secure } from './link.js';
import { generateDeviceKey } from './channel.js';
import { Decoder } from './screen/decoder.js';
import { World, settle } from './testing/world.mjs';

/** A session in a world, brought to `live` unless told otherwise. */
async function rig({ start = true, ...options } = {}) {
  const world = await World.make();
  const seen = {
    changes: [],
    errors: [],
    notices: [],
    credentials: [],
    waits: [],
    cursors: [],
    lines: [],
    caps: [],
    frames: 0,
    acks: [],
  };
  const session = new Session(
    {
      target: 'pc',
      csrf: 'token',
      device: async () => ({ id: 'd'.repeat(32), keys: world.deviceKeys }),
      agent: async () => ({ key: world.agentKey }),
      hello: () => ({ width: 800, height: 600, caps: 0, typing: 0 }),
      screen: onAck => ({
        async frame(bytes) {
          if (bytes[0] === 0xff)
            throw Object.assign(new Error('bad frame'), { name: 'DecodeError' });
          seen.frames++;
          onAck(Uint8Array.of(0, 0, 0, 1, 0, 0, 0));
        },
      }),
      on: {
        change: s =>
          seen.changes.push(s.machine.shown + ':' + (s.machine.missing ?? s.machine.reason ?? '')),
        error: e => seen.errors.push(e.fault ?? e.name),
        notice: n => seen.notices.push(n.kind),
        credentials: c => {
          seen.credentials.push(c.refused);
          seen.waits.push(c.wait);
        },
        cursor: c => seen.cursors.push(c),
        caps: w => seen.caps.push(w.caps),
        line: l => seen.lines.push(l),
      },
      ...options,
    },
    { ...world.parts, secure },
  );
  const state = () => session.machine.shown;
  if (start) {
    session.start();
    await settle(() => state() === 'live' || state() === 'ended');
  }
  return { world, session, seen, state, machine: session.machine };
}

test('up: Hello, Welcome, picture, acknowledgement', async () => {
  const { world, session, seen, state } = await rig();
  assert.equal(state(), 'live');
  assert.equal(session.welcome.name, 'PC');
  await world.clock.pass(0);
  assert.deepEqual(
    world.peer.received.map(m => m.type),
    ['Hello', 'ScreenAck', 'Ping'],
  );
  assert.equal(world.request.headers['x-noren-csrf'], 'token');
  assert.deepEqual(JSON.parse(world.request.body), { target: 'pc', device: 'd'.repeat(32) });
  assert.equal(session.send({ type: 'Key', down: true, usage: 4, keysym: 0x61 }), true);
  await settle(() => world.peer.received.at(-1).type === 'Key');
  assert.deepEqual(world.peer.received.at(-1), { type: 'Key', down: true, usage: 4, keysym: 0x61 });
  await settle(() => seen.lines.length);
  assert.equal(seen.lines[0].rtt, 0);
});

for (const part of ['relay', 'server', 'agent']) {
  test(`${part} gone and back: named, and live again within 3 s of its return`, async () => {
    const { world, state, machine, session } = await rig();
    world[`${part}Up`] = false;
    world.cutAll();
    await settle(() => state() === 'lost');
    if (part === 'server') world.relayUp = false; // a server that carries the relay
    await world.clock.pass(20_000);
    assert.equal(state(), 'lost');
    assert.equal(machine.missing, part);
    const asked = world.asked;
    world[`${part}Up`] = world.relayUp = true;
    await world.clock.pass(3000);
    assert.equal(state(), 'live');
    assert.ok(world.asked > asked);
    assert.equal(session.send({ type: 'Refresh' }), true);
  });
}

test('an absent agent is not asked for grants again and again', async () => {
  const { world } = await rig();
  world.agentUp = false;
  world.cutAll();
  await world.clock.pass(30_000);
  assert.ok(world.asked <= 7, `${world.asked} grants asked for`);
  assert.ok(world.looked > 20);
});

test('a desktop that was never there: the session stays and says so', async () => {
  const { world, session, machine, state } = await rig({ start: false });
  world.autoWelcome = false;
  session.start();
  await settle(() => world.peer?.received.length);
  await world.peer.send({ ...world.welcome, width: 0, height: 0 });
  await world.peer.send({ type: 'Notice', kind: 3, seconds: 0 });
  await world.clock.pass(60_000);
  assert.equal(machine.missing, 'desktop');
  assert.equal(world.asked, 1);
  await world.peer.send({ type: 'Notice', kind: 4, seconds: 0 });
  await world.peer.send({ type: 'Screen', body: Uint8Array.of(0) });
  await settle(() => state() === 'live');
  assert.equal(state(), 'live');
});

test('desktop gone and back, within the session', async () => {
  const { world, state, machine } = await rig();
  await world.peer.send({ type: 'Notice', kind: 3, seconds: 0 });
  await settle(() => state() === 'lost');
  assert.equal(machine.missing, 'desktop');
  await world.peer.send({ type: 'Notice', kind: 4, seconds: 0 });
  await settle(() => state() === 'live');
  assert.equal(state(), 'live');
});

test('a truncated stream is noticed and repaired', async () => {
  const { world, seen, state } = await rig();
  world.peer.cut();
  await settle(() => seen.errors.length);
  assert.deepEqual(seen.errors, ['Truncated']);
  await world.clock.pass(100);
  assert.equal(state(), 'live');
});

test('a line that only stays silent is given up', async () => {
  const { world, seen, machine } = await rig();
  world.deaf = true;
  await world.clock.pass(1000);
  world.relayUp = false;
  await world.clock.pass(6100);
  assert.ok(seen.changes.includes('lost:line'));
  assert.equal(machine.missing, 'relay');
});

const reasons = [
  '',
  'idle',
  'period',
  'revoked',
  'administrator',
  'taken_over',
  'desktop_refused',
  '',
  'peer_misbehaved',
  'desktop_too_large',
  'desktop_untrusted',
  'desktop_unsupported',
  'password_expired',
  'password_must_change',
  'account_locked',
  'account_disabled',
  'account_expired',
  'remote_not_granted',
  'outside_hours',
  'other_workstation',
  'account_restricted',
  'no_authority',
];
for (const [code, reason] of reasons.entries()) {
  if (!reason) continue;
  test(`Ended: ${reason} is final`, async () => {
    const { world, machine } = await rig();
    const asked = world.asked;
    await world.peer.send({ type: 'Ended', reason: code });
    await world.peer.close();
    world.peer.cut();
    await world.clock.pass(10_000);
    assert.deepEqual([machine.state, machine.reason], ['ended', reason]);
    assert.equal(world.asked, asked);
  });
}

test('Ended: a stopping agent comes back', async () => {
  const { world, state } = await rig();
  const first = world.peer;
  await first.send({ type: 'Ended', reason: 7 });
  await settle(() => state() === 'lost');
  await world.clock.pass(1500);
  assert.equal(state(), 'live');
  assert.notEqual(world.peer, first);
});

const hostile = {
  'an unknown tag': Uint8Array.of(0x7f),
  nothing: new Uint8Array(),
  'a short Pong': Uint8Array.of(0x46, 1),
  'a Pong with more': Uint8Array.of(0x46, 0, 0, 0, 1, 9),
  'a second Welcome': Uint8Array.from([
    0x41, 0, 1, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  ]),
  'a cursor without its pixels': Uint8Array.of(0x43, 0, 0, 0, 0, 0, 9, 0, 9),
  'a cursor too large': Uint8Array.of(0x43, 0, 0, 0, 0, 1, 1, 0, 9),
  'a bad frame': Uint8Array.of(0x42, 0xff),
  'Ended for no reason': Uint8Array.of(0x45, 0),
  'a message of the viewer': Uint8Array.of(0x0a),
};
for (const [name, bytes] of Object.entries(hostile)) {
  test(`hostile: ${name}`, async () => {
    const { world, machine, seen } = await rig();
    await world.peer.raw(bytes);
    await settle(() => machine.state === 'ended');
    assert.deepEqual([machine.state, machine.reason], ['ended', 'peer_misbehaved']);
    assert.equal(seen.errors.length, 1);
  });
}

test('a picture that is too large is told as that, and nobody is blamed', async () => {
  const { world, machine, seen } = await rig({
    screen: () => ({ frame: async bytes => void (bytes[0] === 1 && new Decoder().frame(bytes)) }),
  });
  const size = (width, height) =>
    Uint8Array.of(0x42, 1, width >> 8, width & 255, height >> 8, height & 255);
  for (const [width, height] of [
    [7680, 2160],
    [8192, 2048],
    [4096, 4096],
  ]) {
    await world.peer.raw(size(width, height));
    await settle(() => seen.errors.length);
    assert.deepEqual(seen.errors, [], `${width} x ${height} is taken`);
  }
  await world.peer.raw(size(4097, 4096));
  await settle(() => machine.state === 'ended');
  assert.deepEqual([machine.state, machine.reason], ['ended', 'desktop_too_large']);
});

test('hostile: what it takes, before Welcome', async () => {
  const { world, machine, session } = await rig({ start: false });
  world.autoWelcome = false;
  session.start();
  await settle(() => world.peer?.received.length);
  await world.peer.send({ type: 'Caps', caps: 1 });
  await settle(() => machine.state === 'ended');
  assert.equal(machine.reason, 'peer_misbehaved');
});

test('hostile: a picture before Welcome', async () => {
  const { world, machine, session } = await rig({ start: false });
  world.autoWelcome = false;
  session.start();
  await settle(() => world.peer?.received.length);
  await world.peer.send({ type: 'Screen', body: Uint8Array.of(0) });
  await settle(() => machine.state === 'ended');
  assert.equal(machine.reason, 'peer_misbehaved');
});

test('records out of order, altered or repeated: the relay is not believed', async () => {
  const { world, machine, seen, state } = await rig();
  for (let i = 0; i < 3; i++) {
    await settle(() => state() === 'live');
    const records = await world.peer.channel.seal(Uint8Array.of(0x46, 0, 0, 0, 1));
    world.peer.socket.deliver(records[0]);
    world.peer.socket.deliver(records[0]);
    await settle(() => seen.errors.length > i);
    await world.clock.pass(1000);
  }
  assert.deepEqual(seen.errors, ['Record', 'Record', 'Record']);
  assert.deepEqual([machine.state, machine.reason], ['ended', 'tampered']);
});

test('text on the wire, and a relay that says neither 00 nor 01', async () => {
  const { world, seen, state } = await rig();
  world.peer.socket.deliver('hello');
  await settle(() => seen.errors.length);
  assert.deepEqual(seen.errors, ['Record']);
  world.relayByte = 5;
  await world.clock.pass(5000);
  assert.equal(state(), 'lost');
  assert.ok(seen.errors.includes('relay'));
});

test('another grant, or another agent behind the relay: no picture', async () => {
  for (const spoil of [
    w => (w.handshakeGrant = Uint8Array.of(1)),
    async w => (w.agentKeys = await generateDeviceKey()),
  ]) {
    const { world, machine, session, seen } = await rig({ start: false });
    await spoil(world);
    session.start();
    await world.clock.pass(30_000);
    assert.deepEqual([machine.state, machine.reason], ['ended', 'unproven']);
    assert.equal(seen.frames, 0);
  }
});

test('no device, no pairing with this agent, or another agent key than in pairing: says so', async () => {
  for (const options of [{ device: async () => null }, { agent: async () => null }]) {
    const { machine } = await rig(options);
    assert.deepEqual([machine.state, machine.reason], ['ended', 'unpaired']);
  }
  const { machine } = await rig({ agent: async () => ({ key: new Uint8Array(32) }) });
  assert.equal(machine.reason, 'agent_key');
});

test('an agent that declines instead of coming: said at once, not waited for', async () => {
  const { world, machine, session } = await rig({ start: false });
  world.declined = 'unknown_device';
  session.start();
  await world.clock.pass(700);
  assert.deepEqual([machine.state, machine.reason], ['ended', 'device_unknown']);
});

test('a refusal inside the channel is final, and the server is asked which it is', async () => {
  for (const [declined, said] of [
    ['in_use', 'busy'],
    [null, 'refused'],
  ]) {
    const { world, machine, session } = await rig({ start: false });
    world.autoWelcome = false;
    session.start();
    await settle(() => world.peer?.received.length);
    world.declined = declined;
    await world.peer.close(1);
    await world.clock.pass(1000);
    assert.deepEqual([machine.state, machine.reason], ['ended', said]);
  }
});

test('credentials typed while the line is down wait for the next Welcome', async () => {
  const { world, session, seen } = await rig({ start: false });
  world.welcome = { ...world.welcome, caps: 7 };
  session.start();
  await settle(() => seen.credentials.length);
  world.peer.cut();
  session.credentials({ user: 'u', password: 'p', domain: '' });
  await world.clock.pass(500);
  assert.deepEqual(
    world.peer.received.slice(0, 1).map(m => m.type),
    ['Hello'],
  );
  assert.equal(world.peer.received.filter(m => m.type === 'Credentials').length, 1);
});

test('Welcome and Notice ask for the same credentials; a later Notice asks anew', async () => {
  const { world, session, seen } = await rig({ start: false });
  world.welcome = { ...world.welcome, caps: 7 };
  session.start();
  await settle(() => seen.credentials.length);
  await world.peer.send({ type: 'Notice', kind: 5, seconds: 0 });
  await settle();
  assert.deepEqual(seen.credentials, [false]);
  session.credentials({ user: 'u', password: 'p', domain: '' });
  await world.peer.send({ type: 'Notice', kind: 5, seconds: 0 });
  await settle();
  assert.equal(world.peer.received.filter(m => m.type === 'Credentials').length, 2);
  assert.deepEqual(seen.credentials, [false]);
});

test('credentials: asked once, offered again by itself after a break, asked again when refused', async () => {
  const { world, session, seen, machine } = await rig({ start: false });
  world.welcome = { ...world.welcome, caps: 7 };
  const typed = { user: 'hanako', password: 'secret', domain: '' };
  session.start();
  await settle(() => seen.credentials.length);
  assert.deepEqual(seen.credentials, [false]);
  session.credentials(typed);
  await settle(() => world.peer.received.some(m => m.type === 'Credentials'));
  world.peer.cut();
  await world.clock.pass(500);
  const again = world.peer.received.filter(m => m.type === 'Credentials');
  assert.deepEqual(again, [{ type: 'Credentials', ...typed }]);
  assert.deepEqual(seen.credentials, [false], 'nobody was asked');
  await world.peer.send({ type: 'Notice', kind: 6, seconds: 0 });
  await settle(() => seen.credentials.length > 1);
  assert.deepEqual(seen.credentials, [false, true]);
  assert.equal(machine.state, 'live');
});

test('credentials paused: what was typed is forgotten, and the page is told for how long none is taken', async () => {
  const { world, session, seen } = await rig({ start: false });
  world.welcome = { ...world.welcome, caps: 7 };
  session.start();
  await settle(() => seen.credentials.length);
  session.credentials({ user: 'hanako', password: 'wrong', domain: '' });
  await settle(() => world.peer.received.some(m => m.type === 'Credentials'));
  await world.peer.send({ type: 'Notice', kind: 8, seconds: 120 });
  await settle(() => seen.credentials.length > 1);
  assert.deepEqual(
    [seen.credentials, seen.waits],
    [
      [false, true],
      [0, 120],
    ],
  );
  world.peer.cut();
  await world.clock.pass(500);
  await settle();
  assert.equal(
    world.peer.received.filter(m => m.type === 'Credentials').length,
    0,
    'not offered again by itself',
  );
});

test('notices and pointer shapes reach the page', async () => {
  const { world, seen } = await rig();
  await world.peer.send({ type: 'Notice', kind: 1, seconds: 60 });
  await world.peer.send({
    type: 'Cursor',
    hotX: 1,
    hotY: 2,
    width: 2,
    height: 2,
    rgba: new Uint8Array(16),
  });
  await settle(() => seen.cursors.length);
  assert.deepEqual(seen.notices, [1]);
  assert.deepEqual([seen.cursors[0].hotX, seen.cursors[0].width], [1, 2]);
});

test('what the desktop takes may be known later than Welcome', async () => {
  const { world, session, seen } = await rig();
  assert.equal(session.welcome.caps, 3);
  await world.peer.send({ type: 'Caps', caps: 1 });
  await settle(() => seen.caps.length);
  assert.deepEqual([seen.caps, session.welcome.caps, session.welcome.name], [[1], 1, 'PC']);
});

test("the time that is left is the server's, by a clock that is never set", async () => {
  const { world, session } = await rig();
  assert.equal(session.left, 2_000_000 - 1_000_000);
  await world.clock.pass(60_000);
  assert.equal(session.left, 940_000);
  await session.stop();
  assert.equal(session.left, null);
});

test('on a slow line only the last place of the pointer is sent, and buttons are never skipped', async () => {
  const { world, session } = await rig();
  const socket = world.peer.socket;
  const at = (x, buttons) => session.point({ type: 'Pointer', x, y: 0, buttons });
  await settle();
  world.peer.received.length = 0;
  socket.bufferedAmount = 10_000;
  at(1, 0);
  at(2, 0);
  at(3, 1);
  at(4, 1);
  at(5, 0);
  session.send({ type: 'Key', down: true, usage: 4, keysym: 0 });
  await settle(() => world.peer.received.some(m => m.type === 'Key'));
  assert.deepEqual(
    world.peer.received.map(m => m.x ?? m.type),
    [2, 4, 5, 'Key'],
  );
});

test('leaving says goodbye', async () => {
  const { world, session, machine } = await rig();
  await session.stop();
  await settle(() => world.peer.closed !== undefined);
  assert.equal(world.peer.closed, 0);
  assert.deepEqual([machine.state, machine.reason], ['ended', 'left']);
});

test('answers of the server are checked', () => {
  const good = {
    meeting: '00'.repeat(16),
    agent: '11'.repeat(16),
    agent_key: btoa('x'.repeat(32)),
    ticket: btoa('t'),
    grant: btoa('g'),
    body: '131016',
    relay_url: 'wss://r/relay',
  };
  assert.ok(readAnswer(good));
  const bad = {
    meeting: '00',
    agent: null,
    agent_key: btoa('x'),
    ticket: '!',
    grant: 'A'.repeat(9000),
    body: '13101',
    relay_url: 'javascript:alert(1)',
  };
  for (const [key, value] of Object.entries(bad))
    assert.equal(readAnswer({ ...good, [key]: value }), null, key);
  assert.equal(readAnswer(null), null);
});
