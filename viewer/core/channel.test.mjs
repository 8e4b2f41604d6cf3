// Runs spec/vectors/channel and spec/vectors/noise: the same files as
// core/channel/tests/vectors.rs.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import {
  Channel,
  CloseReason,
  Handshake,
  Limits,
  generateDeviceKey,
  deviceId,
  prologue,
  pskFromSecret,
  publicBytes,
  encodeDeviceHello,
  decodeAgentHello,
  decodeAccepted,
  MAX_PART,
} from './channel.js';

const folder = new URL('../../spec/vectors/', import.meta.url);
const subtle = globalThis.crypto.subtle;
const unhex = text => (text === '-' ? new Uint8Array() : Uint8Array.from(Buffer.from(text, 'hex')));
const hex = bytes => Buffer.from(bytes).toString('hex');
const sha256 = async bytes => hex(new Uint8Array(await subtle.digest('SHA-256', bytes)));

/** A key pair from its 32 secret bytes, by way of PKCS #8 (RFC 8410). */
async function keyFrom(secret) {
  const pkcs8 = Uint8Array.from([...unhex('302e020100300506032b656e04220420'), ...secret]);
  const privateKey = await subtle.importKey('pkcs8', pkcs8, 'X25519', true, ['deriveBits']);
  const { x } = await subtle.exportKey('jwk', privateKey);
  const publicKey = await subtle.importKey(
    'jwk',
    { kty: 'OKP', crv: 'X25519', x },
    'X25519',
    true,
    [],
  );
  return { privateKey, publicKey };
}

function bytes(word) {
  const [kind, length] = word.split(':');
  if (kind === 'ramp')
    return Uint8Array.from({ length: Number(length) }, (_, i) => (i * 7 + 3) & 255);
  if (kind === 'zeros') return new Uint8Array(Number(length));
  return unhex(word);
}

const refused = (promise, fault, at) =>
  assert.rejects(
    promise,
    error => {
      assert.equal(error.fault, fault, at);
      return true;
    },
    at,
  );

async function run(text, at) {
  const [top, ...rest] = text.split('\n\n');
  const head = Object.fromEntries(
    top
      .split('\n')
      .filter(line => line.includes(': ') && !line.startsWith('#'))
      .map(line => line.split(': ')),
  );
  const own = (side, name) => head[`${side}-${name}`] ?? head[name];
  const pairing = head.pattern === 'pairing';
  const side = async (name, initiator) => ({
    prologue: await prologue({
      meeting: unhex(own(name, 'meeting')),
      body: own(name, 'body'),
      agent: unhex(own(name, 'agent')),
      grant: pairing ? null : unhex(own(name, 'grant')),
    }),
    key: await keyFrom(unhex(head[`${name}-static`])),
    ephemeral: await keyFrom(unhex(head[`${name}-ephemeral`])),
    psk: pairing ? await pskFromSecret(own(name, 'secret')) : null,
    initiator,
  });
  const i = await side('initiator', true),
    r = await side('responder', false);
  if (!pairing)
    i.remote = head['initiator-remote']
      ? unhex(head['initiator-remote'])
      : await publicBytes(r.key.publicKey);
  const make = pairing ? Handshake.pairing : Handshake.session;
  const ends = {
    '>': { shaking: make(i), limits: 'viewer' },
    '<': { shaking: make(r), limits: 'agent' },
  };
  const open = async end =>
    (end.channel ??= await end.shaking.channel({
      ...Limits[end.limits],
      ...(head['key-records'] && { keyRecords: Number(head['key-records']) }),
      ...(head['key-bytes'] && { keyBytes: Number(head['key-bytes']) }),
    }));
  let steps = 0;
  for (const line of rest
    .join('\n')
    .split('\n')
    .filter(line => line && !line.startsWith('#'))) {
    await step(line.split(' '), ends, open, `${at}: ${line.slice(0, 60)}`);
    steps++;
  }
  assert.ok(steps > 0, `${at}: no steps`);
}

async function step([what, way, ...words], ends, open, at) {
  const from = ends[way],
    to = ends[way === '>' ? '<' : '>'];
  switch (what) {
    case 'handshake':
      assert.equal(hex(await from.shaking.write(unhex(words[0]))), words[1], at);
      assert.equal(hex(await to.shaking.read(unhex(words[1]))), hex(unhex(words[0])), at);
      break;
    case 'handshake!':
      assert.equal(hex(await from.shaking.write(unhex(words[0]))), words[1], at);
      break;
    case 'message': {
      const message = bytes(words[0]),
        expected = words.slice(1);
      const records = await (await open(from)).seal(message);
      assert.equal(records.length, expected.length, at);
      for (const [n, word] of expected.entries()) {
        if (word.startsWith('sha256:'))
          assert.equal(`sha256:${await sha256(records[n])}`, word, at);
        else assert.equal(hex(records[n]), word, at);
      }
      const channel = await open(to);
      // all at once: order is kept
      const opened = await Promise.all(records.map(record => channel.open(record)));
      assert.deepEqual(
        opened.slice(0, -1).map(one => one.pending),
        records.slice(1).map(() => true),
        at,
      );
      assert.ok(Buffer.from(opened.at(-1).message).equals(Buffer.from(message)), at);
      break;
    }
    case 'rekey':
      assert.equal(hex(await (await open(from)).rekey()), words[0], at);
      assert.deepEqual(await (await open(to)).open(unhex(words[0])), { pending: true }, at);
      break;
    case 'close': {
      const reason = unhex(words[0])[0];
      assert.deepEqual((await (await open(from)).close(reason)).map(hex), [words[1]], at);
      await refused((await open(from)).seal(new Uint8Array(1)), 'Closed', at);
      assert.deepEqual(await (await open(to)).open(unhex(words[1])), { closed: reason }, at);
      break;
    }
    case 'part':
      assert.deepEqual(await (await open(to)).open(unhex(words[0])), { pending: true }, at);
      break;
    case 'take':
      assert.equal(hex((await (await open(to)).open(unhex(words[1]))).message), words[0], at);
      break;
    case 'refuse': {
      const input = bytes(words[1]);
      const take =
        to.shaking.finished || to.channel
          ? async () => (await open(to)).open(input)
          : () => to.shaking.read(input);
      await refused(take(), words[0], at);
      await refused(take(), 'Spent', `${at}: a failure is final`);
      break;
    }
    case 'end':
      if (words[0] === 'ok') await (await open(to)).ended();
      else await refused((await open(to)).ended(), words[0], at);
      break;
    default:
      assert.fail(`${at}: unknown step`);
  }
}

test('every channel vector file', async t => {
  const files = readdirSync(new URL('channel/', folder)).sort();
  assert.ok(files.length >= 30, `vectors are missing: ${files.length}`);
  for (const file of files)
    await t.test(file, () => run(readFileSync(new URL(`channel/${file}`, folder), 'utf8'), file));
});

test('the public Noise vectors of both patterns', async () => {
  const { vectors } = JSON.parse(readFileSync(new URL('noise/cacophony.json', folder), 'utf8'));
  assert.equal(vectors.length, 2);
  for (const v of vectors) {
    const side = async (name, initiator) => ({
      prologue: unhex(v[`${name}_prologue`]),
      key: await keyFrom(unhex(v[`${name}_static`])),
      initiator,
      ephemeral: await keyFrom(unhex(v[`${name}_ephemeral`])),
      psk: v[`${name}_psks`] ? unhex(v[`${name}_psks`][0]) : null,
      remote: initiator && v.init_remote_static ? unhex(v.init_remote_static) : null,
    });
    const make = v.init_psks ? Handshake.pairing : Handshake.session;
    const ends = [make(await side('init', true)), make(await side('resp', false))];
    let ciphers = null;
    for (const [n, { payload, ciphertext }] of v.messages.entries()) {
      const from = ends[n % 2],
        to = ends[1 - (n % 2)];
      if (!from.finished && !ciphers) {
        assert.equal(hex(await from.write(unhex(payload))), ciphertext);
        assert.equal(hex(await to.read(unhex(ciphertext))), payload);
        if (from.finished) {
          assert.equal(hex(from.hash), v.handshake_hash);
          ciphers = [await ends[0].split(), await ends[1].split()];
        }
      } else {
        assert.equal(hex(await ciphers[n % 2].send.encrypt(unhex(payload))), ciphertext);
        assert.equal(hex(await ciphers[1 - (n % 2)].receive.decrypt(unhex(ciphertext))), payload);
      }
    }
  }
});

async function pair() {
  const device = await generateDeviceKey(),
    agent = await generateDeviceKey();
  const bound = await prologue({
    meeting: new Uint8Array(16),
    body: '131016',
    agent: new Uint8Array(16),
    grant: new Uint8Array(1),
  });
  const home = Handshake.session({
    prologue: bound,
    key: device,
    remote: await publicBytes(agent.publicKey),
  });
  const office = Handshake.session({ prologue: bound, key: agent, initiator: false });
  await office.read(await home.write());
  assert.deepEqual(office.remoteStatic, await publicBytes(device.publicKey));
  await home.read(await office.write());
  return [await home.channel(), await office.channel()];
}

test('a device key cannot be read out', async () => {
  const key = await generateDeviceKey();
  assert.equal(key.privateKey.extractable, false);
  await assert.rejects(subtle.exportKey('pkcs8', key.privateKey));
  assert.equal((await deviceId(await publicBytes(key.publicKey))).length, 16);
});

test('calls that overlap keep their order', async () => {
  const [home, office] = await pair();
  const messages = Array.from({ length: 40 }, (_, n) =>
    new Uint8Array(n % 3 ? 3 : MAX_PART + n).fill(n),
  );
  const sealed = await Promise.all(messages.map(message => office.seal(message)));
  const opened = await Promise.all(sealed.flat().map(record => home.open(record)));
  const got = opened.filter(one => one.message).map(one => [one.message.length, one.message[0]]);
  assert.deepEqual(
    got,
    messages.map(message => [message.length, message[0]]),
  );
});

test('a message over the limit is refused before anything is sealed', async () => {
  const [home, office] = await pair();
  await refused(home.seal(new Uint8Array(4097)), 'TooLarge');
  const [record] = await home.seal(Uint8Array.of(1));
  assert.deepEqual((await office.open(record)).message, Uint8Array.of(1));
});

test('a handshake out of turn fails for good', async () => {
  const key = await generateDeviceKey();
  const home = Handshake.session({
    prologue: new Uint8Array(),
    key,
    remote: await publicBytes(key.publicKey),
  });
  await refused(home.read(new Uint8Array(96)), 'OutOfTurn');
  await refused(home.write(), 'Spent');
  await refused(home.channel(), 'Spent');
});

test('payloads of pairing', async () => {
  assert.equal(hex(encodeDeviceHello({ name: '家', userAgent: 'x' })), '0003e5aeb6000178');
  assert.throws(() => encodeDeviceHello({ name: 'x'.repeat(65), userAgent: '' }), {
    fault: 'Payload',
  });
  assert.deepEqual(decodeAgentHello(unhex('000141')), { name: 'A' });
  assert.throws(() => decodeAgentHello(unhex('00014100')), { fault: 'Payload' });
  assert.deepEqual(decodeAccepted(unhex('01' + '07'.repeat(16))), {
    device: new Uint8Array(16).fill(7),
  });
  assert.throws(() => decodeAccepted(unhex('00' + '07'.repeat(16))), { fault: 'Payload' });
  assert.equal(CloseReason.done, 0);
  assert.ok(Channel);
});
