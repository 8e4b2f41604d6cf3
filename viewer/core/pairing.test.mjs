import test from 'node:test';
import assert from 'node:assert/strict';
import { parseCode, takeFragment, describe, pair } from './pairing.js';
import {
  Handshake,
  Limits,
  prologue,
  pskFromSecret,
  generateDeviceKey,
  deviceId,
  publicBytes,
} from './channel.js';
import { Reader, Writer } from './wire.js';
import { toBase64, toHex } from './encoding.js';
import { Clock, settle, MEETING, AGENT, BODY } from './testing/world.mjs';

const CODE = '7K3M-PQ9Z-0123-4567-89AB-CDEF';

test('a slip is read as people type it', () => {
  const good = parseCode(CODE);
  assert.deepEqual(good, { invite: '7K3MPQ9Z', secret: '0123456789ABCDEF', text: CODE });
  for (const typed of [
    '7k3mpq9z0123456789abcdef',
    ' 7K3M PQ9Z O123 4567 89AB CDEF ',
    '７Ｋ３ＭーＰＱ９Ｚー０１２３ー４５６７ー８９ＡＢーＣＤＥＦ',
    '7K3M-PQ9Z-OI23-4567-89AB-CDEF',
    '7K3M-PQ9Z-ol23-4567-89AB-CDEF',
  ]) {
    assert.deepEqual(parseCode(typed), good, typed);
  }
  for (const typed of [
    '',
    '7K3M',
    CODE + '0',
    CODE.replace('7', 'U'),
    CODE.replace('7', '<'),
    '7K3M-PQ9Z-0123-4567-89AB-CDE日',
  ])
    assert.equal(parseCode(typed), null, typed);
});

test('the secret leaves the address bar at once', () => {
  const calls = [];
  const code = takeFragment(
    { hash: '#' + CODE, pathname: '/pair', search: '?a=1' },
    { replaceState: (...a) => calls.push(a) },
  );
  assert.equal(code, CODE);
  assert.deepEqual(calls, [[null, '', '/pair?a=1']]);
  assert.equal(takeFragment({ hash: '', pathname: '/pair', search: '' }, {}), '');
  assert.equal(
    takeFragment({ hash: '#%', pathname: '/pair', search: '' }, { replaceState() {} }),
    '%',
  );
});

test('devices are described in two words', () => {
  assert.equal(
    describe({
      userAgent:
        'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0 Safari/537.36 Edg/156.0',
    }),
    'Edge / Windows',
  );
  assert.equal(
    describe({
      userAgent:
        'Mozilla/5.0 (X11; CrOS x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0 Safari/537.36',
    }),
    'Chrome / ChromeOS',
  );
  assert.equal(describe({}), '');
});

/** Server, relay and agent of one pairing. `secret` is what the agent believes in. */
async function rig({
  secret = '0123456789ABCDEF',
  status = 200,
  error = null,
  agent = 'up',
  relay = true,
  named = null,
  declined = null,
} = {}) {
  const clock = new Clock();
  const agentKeys = await generateDeviceKey();
  const keys = await generateDeviceKey();
  const id = toHex(await deviceId(await publicBytes(keys.publicKey)));
  const seen = { stages: [], request: null, hello: null };
  class WebSocket {
    constructor() {
      setImmediate(() => (relay ? this.onopen() : this.onclose({ code: 1006 })));
      this.inbox = [];
    }
    send(bytes) {
      if (!this.begun) {
        this.begun = true;
        this.onmessage({ data: Uint8Array.of(0).buffer });
        if (agent === 'up') {
          this.onmessage({ data: Uint8Array.of(1).buffer });
          this.serve().catch(() => this.onclose?.({ code: 1000 }));
        }
        return;
      }
      this.inbox.push(bytes);
      this.wake?.();
    }
    async next() {
      while (!this.inbox.length) await new Promise(r => (this.wake = r));
      return this.inbox.shift();
    }
    async serve() {
      const out = bytes => this.onmessage({ data: bytes.slice().buffer });
      const h = Handshake.pairing({
        prologue: await prologue({ meeting: MEETING, body: BODY, agent: AGENT }),
        key: agentKeys,
        psk: await pskFromSecret(secret),
        initiator: false,
      });
      await h.read(await this.next());
      out(await h.write(new Writer().str16('総務課の箱', 256).finish()));
      const r = new Reader(await h.read(await this.next()));
      seen.hello = [r.str16(256), r.str16(256)];
      const device = named ?? (await deviceId(h.remoteStatic));
      const channel = await h.channel(Limits.agent);
      for (const record of await channel.seal(new Writer().u8(1).put(device).finish())) out(record);
    }
    close() {}
  }
  const parts = {
    WebSocket,
    setTimeout: clock.setTimeout,
    clearTimeout: clock.clearTimeout,
    fetch: async (path, init) => {
      if (path.startsWith('/api/meetings/'))
        return { status: 200, json: async () => ({ declined }) };
      seen.request = { path, ...init };
      if (status === 0) throw new TypeError('down');
      const body = {
        meeting: toHex(MEETING),
        relay_url: 'wss://r/relay',
        ticket: toBase64(new Uint8Array(4)),
        agent: toHex(AGENT),
        body: BODY,
      };
      return { status, json: async () => (status === 200 ? body : { error }) };
    },
  };
  const result = pair(
    {
      code: parseCode(CODE),
      device: { id, keys },
      name: '自宅のパソコン',
      userAgent: 'Chrome / Windows',
      csrf: 'c',
      onStage: s => seen.stages.push(s),
    },
    parts,
  );
  result.catch(() => {});
  return { result, seen, clock, id, agentKey: await publicBytes(agentKeys.publicKey) };
}

test('paired: the server sees eight characters and no more', async () => {
  const { result, seen, id, agentKey } = await rig();
  assert.deepEqual(await result, {
    agent: toHex(AGENT),
    key: agentKey,
    name: '総務課の箱',
    device: id,
  });
  assert.equal(seen.request.body, '{"invite":"7K3MPQ9Z"}');
  assert.equal(seen.request.headers['x-noren-csrf'], 'c');
  assert.deepEqual(seen.hello, ['自宅のパソコン', 'Chrome / Windows']);
  assert.deepEqual(seen.stages, ['asking', 'connecting', 'waiting', 'handshaking', 'proving']);
});

const failing = {
  secret: { secret: '0000000000000000' },
  server: { status: 0 },
  signin: { status: 401 },
  unknown: { status: 404 },
  too_many: { status: 429 },
  agent: { status: 503, error: 'agent_offline' },
  not_permitted: { status: 403, error: 'csrf' },
  relay: { relay: false },
  refused: { named: new Uint8Array(16) },
};
for (const [fault, options] of Object.entries(failing)) {
  test(`not paired: ${fault}`, async () => {
    const { result } = await rig(options);
    await assert.rejects(result, { name: 'PairingError', fault });
  });
}

test('an agent that does not come is not waited for without end', async () => {
  const { result, clock } = await rig({ agent: 'down' });
  await settle();
  await clock.pass(20_000);
  await assert.rejects(result, { fault: 'agent' });
});

test('an invite the agent declines is said at once', async () => {
  const { result, clock } = await rig({ agent: 'down', declined: 'expired' });
  await settle();
  await clock.pass(700);
  await assert.rejects(result, { fault: 'refused' });
});
