import test from 'node:test';
import assert from 'node:assert/strict';
import { Machine, ENDED } from './machine.js';

/** A machine with a clock; `feed` hands in events, `until` lets time pass. */
function rig() {
  const m = new Machine({ rng: () => 1 });
  const r = {
    m,
    now: 0,
    feed: (kind, more = {}) => m.handle({ kind, ...more }, r.now),
    mine: (kind, more = {}) => m.handle({ kind, attempt: m.attempt, ...more }, r.now),
    commands: () => {
      const all = [];
      for (let c; (c = m.poll());) all.push(c.do);
      return all.join(' ');
    },
    due: () => {
      r.now = m.timeout();
      m.handle({ kind: 'time' }, r.now);
    },
    up: () => {
      if (m.state === 'idle') r.feed('start');
      r.mine('answered');
      r.mine('stage', { stage: 'waiting' });
      r.mine('stage', { stage: 'handshaking' });
      r.mine('stage', { stage: 'desktop' });
      r.mine('live');
      r.commands();
    },
  };
  return r;
}

test('the way up', () => {
  const r = rig();
  r.feed('start');
  assert.equal(r.m.state, 'asking');
  assert.equal(r.m.shown, 'connecting');
  assert.equal(r.commands(), 'ask');
  r.mine('answered');
  assert.equal(r.commands(), 'connect');
  r.up();
  assert.equal(r.m.shown, 'live');
  assert.equal(r.m.missing, null);
});

test('a break: at once, then 250, 500, 1000, 1000 ms', () => {
  const r = rig();
  r.up();
  r.mine('broken', { fault: 'truncated' });
  assert.equal(r.m.shown, 'lost');
  assert.equal(r.m.missing, 'line');
  const pauses = [];
  for (let i = 0; i < 6; i++) {
    pauses.push(r.m.retryAt - r.now);
    r.due();
    r.mine('refused', { status: 0 });
  }
  assert.deepEqual(pauses, [0, 250, 500, 1000, 1000, 1000]);
  assert.equal(r.m.missing, 'server');
  assert.equal(r.m.shown, 'lost');
});

test('jitter only shortens a pause', () => {
  const m = new Machine({ rng: () => 0 });
  m.handle({ kind: 'start' }, 0);
  m.handle({ kind: 'refused', status: 500 }, 0);
  m.handle({ kind: 'time' }, 0);
  m.handle({ kind: 'refused', status: 500 }, 0);
  assert.equal(m.retryAt, 200);
});

test('what fails says what is missing', () => {
  const failing = [
    [r => r.mine('refused', { status: 503, code: 'agent_offline' }), 'agent'],
    [r => r.mine('refused', { status: 502 }), 'server'],
    [r => r.due(), 'server'],
    [r => (r.mine('answered'), r.mine('broken', { fault: 'closed' })), 'relay'],
    [r => (r.mine('answered'), r.due()), 'relay'],
    [r => (r.mine('answered'), r.mine('stage', { stage: 'waiting' }), r.due()), 'agent'],
    [
      r => (
        r.mine('answered'),
        r.mine('stage', { stage: 'handshaking' }),
        r.mine('broken', { fault: 'closed' })
      ),
      'agent',
    ],
    [
      r => (
        r.mine('answered'),
        r.mine('stage', { stage: 'desktop' }),
        r.mine('broken', { fault: 'closed' })
      ),
      'desktop',
    ],
    [r => (r.mine('answered'), r.mine('stage', { stage: 'desktop' }), r.due()), 'desktop'],
  ];
  for (const [fail, missing] of failing) {
    const r = rig();
    r.feed('start');
    fail(r);
    assert.equal(r.m.state, 'lost');
    assert.equal(r.m.missing, missing);
    assert.equal(r.m.shown, 'connecting', 'no picture was seen yet');
  }
});

test('a missing agent is looked for before a grant is asked for again', () => {
  const r = rig();
  r.feed('start');
  r.mine('refused', { status: 503, code: 'agent_offline' });
  r.commands();
  r.due();
  assert.equal(r.commands(), 'ask');
  r.mine('refused', { status: 503, code: 'agent_offline' });
  r.commands();
  r.due();
  assert.equal(r.commands(), 'look');
  r.mine('looked', { online: false });
  assert.equal(r.m.state, 'lost');
  r.commands();
  r.due();
  r.commands();
  r.mine('looked', { online: true });
  assert.equal(r.commands(), 'ask');
});

test('a wait at the relay without the agent is given up soon: it may have been restarted', () => {
  const r = rig();
  r.feed('start');
  r.mine('answered');
  r.mine('stage', { stage: 'waiting' });
  assert.equal(r.m.timeout() - r.now, 2000);
});

test('once welcomed, a desktop that is slow or waits for a password is waited for; silence is not', () => {
  const r = rig();
  r.feed('start');
  r.mine('answered');
  r.mine('stage', { stage: 'desktop' });
  assert.equal(r.m.timeout(), 10000);
  r.mine('welcomed');
  r.commands();
  for (let i = 0; i < 100; i++) {
    r.due();
    assert.equal(r.commands(), 'ping');
    r.mine('pong');
  }
  assert.equal(r.m.state, 'desktop');
  r.mine('desktop', { present: false });
  assert.equal(r.m.missing, 'desktop');
  r.due();
  r.due();
  assert.deepEqual([r.m.state, r.m.missing], ['lost', 'line']);
});

test('what the agent said to the server instead of coming', () => {
  const cases = [
    ['unknown_device', 'ended', 'device_unknown'],
    ['handshake', 'ended', 'unproven'],
    ['bad_grant', 'ended', 'refused'],
    ['in_use', 'ended', 'busy'],
    ['busy', 'ended', 'full'],
    ['expired', 'ended', 'clock'],
    ['no_relay', 'lost', 'relay'],
    ['foreign_relay', 'lost', 'relay'],
    ['target_down', 'lost', 'desktop'],
  ];
  for (const [reason, state, what] of cases) {
    const r = rig();
    r.feed('start');
    r.mine('answered');
    r.mine('stage', { stage: 'waiting' });
    r.mine('declined', { reason });
    assert.deepEqual([r.m.state, r.m.reason ?? r.m.missing], [state, what]);
  }
});

test('silence after a ping is a dead line; anything heard is not', () => {
  const r = rig();
  r.up();
  r.due();
  assert.equal(r.commands(), 'ping');
  r.now += 4000;
  r.mine('heard');
  assert.equal(r.m.timeout(), r.now + 5000);
  r.mine('pong');
  assert.equal(r.m.timeout(), r.now + 2000);
  r.due();
  assert.equal(r.commands(), 'ping');
  r.due();
  assert.equal(r.m.state, 'lost');
  assert.equal(r.m.missing, 'line');
});

test('pings are rare while nobody looks', () => {
  const r = rig();
  r.up();
  r.feed('visible', { visible: false });
  r.due();
  r.mine('pong');
  assert.equal(r.m.timeout() - r.now, 10000);
  r.feed('visible', { visible: true });
  assert.equal(r.m.timeout(), r.now);
});

test('the network returns: no more waiting', () => {
  const r = rig();
  r.up();
  r.feed('online', { online: false });
  r.mine('broken', { fault: 'closed' });
  assert.equal(r.m.missing, 'network');
  r.due();
  r.mine('refused', { status: 0 });
  r.due();
  r.mine('refused', { status: 0 });
  assert.ok(r.m.retryAt > r.now);
  r.feed('online', { online: true });
  assert.equal(r.m.retryAt, r.now);
});

test('the desktop goes and comes back within a session', () => {
  const r = rig();
  r.up();
  r.mine('desktop', { present: false });
  assert.equal(r.m.shown, 'lost');
  assert.equal(r.m.missing, 'desktop');
  r.mine('desktop', { present: true });
  assert.equal(r.m.shown, 'live');
});

test('each reason of Ended', () => {
  for (const reason of Object.values(ENDED)) {
    const r = rig();
    r.up();
    r.mine('ended', { reason });
    if (reason === 'agent_stopping') {
      assert.equal(r.m.state, 'lost');
      assert.equal(r.m.missing, 'agent');
      continue;
    }
    assert.equal(r.m.state, 'ended');
    assert.equal(r.m.reason, reason);
    assert.equal(r.commands(), 'drop');
    assert.equal(r.m.timeout(), null);
    r.feed('online', { online: true });
    r.feed('visible', { visible: true });
    assert.equal(r.m.state, 'ended', 'nothing but a person starts it again');
    r.feed('start');
    assert.equal(r.m.state, 'asking');
  }
});

test('refusals by the server', () => {
  const cases = [
    [{ status: 401 }, 'signin', 'signin'],
    [{ status: 403, code: 'device_revoked' }, 'ended', 'device_revoked'],
    [{ status: 403, code: 'outside_period' }, 'ended', 'outside_period'],
    [{ status: 403, code: 'telework_waiting' }, 'ended', 'telework_waiting'],
    [{ status: 403, code: 'what else' }, 'ended', 'not_permitted'],
    [{ status: 404 }, 'ended', 'not_found'],
    [{ status: 409, code: 'zone' }, 'ended', 'not_permitted'],
  ];
  for (const [answer, state, reason] of cases) {
    const r = rig();
    r.feed('start');
    r.mine('refused', answer);
    assert.deepEqual([r.m.state, r.m.reason], [state, reason]);
    assert.equal(r.m.shown, 'ended');
  }
  const r = rig();
  r.feed('start');
  r.mine('refused', { status: 429, retryAfter: 7000 });
  assert.equal(r.m.retryAt, 7000);
});

test('an older try is not listened to', () => {
  const r = rig();
  r.feed('start');
  const old = r.m.attempt;
  r.mine('refused', { status: 0 });
  r.due();
  r.m.handle({ kind: 'live', attempt: old }, r.now);
  assert.equal(r.m.state, 'asking');
  r.m.handle({ kind: 'ended', reason: 'revoked', attempt: old }, r.now);
  assert.equal(r.m.state, 'asking');
});

test('broken seals: three in a row end it, with a good session between them they do not', () => {
  const r = rig();
  r.up();
  for (let i = 0; i < 2; i++) {
    r.mine('broken', { fault: 'seal' });
    r.due();
    r.up();
  }
  r.now += 20000;
  r.mine('broken', { fault: 'seal' });
  assert.equal(r.m.state, 'lost', 'the session had settled');
  r.due();
  r.up();
  r.mine('broken', { fault: 'seal' });
  r.due();
  r.up();
  r.mine('broken', { fault: 'seal' });
  assert.deepEqual([r.m.state, r.m.reason], ['ended', 'tampered']);
});

test('signed nonsense ends it at once; a closed handshake after four tries', () => {
  const r = rig();
  r.up();
  r.mine('broken', { fault: 'misbehaved' });
  assert.equal(r.m.reason, 'peer_misbehaved');
  const s = rig();
  s.feed('start');
  for (let i = 0; i < 4; i++) {
    if (s.m.state === 'looking') s.mine('looked', { online: true });
    s.mine('answered');
    s.mine('stage', { stage: 'handshaking' });
    s.mine('broken', { fault: 'closed' });
    if (i < 3) s.due();
  }
  assert.equal(s.m.reason, 'unproven');
});

test('the person leaves', () => {
  const r = rig();
  r.up();
  r.feed('stop');
  assert.deepEqual([r.m.state, r.m.reason, r.commands()], ['ended', 'left', 'drop']);
});
