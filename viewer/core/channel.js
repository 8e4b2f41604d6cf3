// The end-to-end channel: Noise XXpsk3 and IK over X25519, AES-256-GCM and SHA-256, all of it
// WebCrypto's; the state machine is ours. spec/channel.md; the twin of the Rust crate `channel`.
// Works in browsers and in Node.

import { Reader, Writer, WireError, MAX_TO_AGENT, MAX_TO_VIEWER } from './wire.js';

const subtle = globalThis.crypto.subtle;

/**
 * Why a channel failed; `fault` is the name the Rust crate gives it. Every failure is final, except
 * TooLarge in seal.
 */
export class ChannelError extends Error {
  constructor(fault, detail = '') {
    super(`channel: ${fault}${detail && ` (${detail})`}`);
    this.name = 'ChannelError';
    this.fault = fault;
  }
}

const fail = (fault, detail) => {
  throw new ChannelError(fault, detail);
};

/** Largest Noise message in bytes. */
export const MAX_NOISE_MESSAGE = 65535;
/** Largest payload of one record in bytes. */
export const MAX_PART = MAX_NOISE_MESSAGE - 17;
const HASH = 32,
  TAG = 16,
  KEY = 32;
const EMPTY = new Uint8Array();
const LAST = 0,
  MORE = 1,
  REKEY = 2,
  CLOSE = 3;

/** How much a channel takes and gives, in bytes; and how long one key lives. */
export const Limits = Object.freeze({
  viewer: Object.freeze({
    incoming: MAX_TO_VIEWER,
    outgoing: MAX_TO_AGENT,
    keyRecords: 1 << 16,
    keyBytes: 2 ** 30,
  }),
  agent: Object.freeze({
    incoming: MAX_TO_AGENT,
    outgoing: MAX_TO_VIEWER,
    keyRecords: 1 << 16,
    keyBytes: 2 ** 30,
  }),
});
export const CloseReason = Object.freeze({ done: 0, refused: 1, misbehaved: 2 });

// ---- keys

/**
 * A new device key { privateKey, publicKey } of CryptoKeys; the private half cannot be read out
 * again.
 */
export const generateDeviceKey = () => subtle.generateKey('X25519', false, ['deriveBits']);

/** The 32 bytes of a public CryptoKey. */
export const publicBytes = async key => new Uint8Array(await subtle.exportKey('raw', key));

/** Names a device: the first 16 bytes of SHA-256("noren device v1" || public key). */
export const deviceId = async publicKey =>
  (await sha256(utf8('noren device v1'), publicKey)).slice(0, 16);

/** The pre-shared key of a pairing from the 16 characters of the slip. */
export const pskFromSecret = secret =>
  sha256(utf8('noren pairing psk v1'), utf8(secret.toUpperCase()));

// ---- prologue

/**
 * "noren/1" || kind || meeting || body || agent || SHA-256(grant); without a grant (pairing) zeros.
 */
export async function prologue({ meeting, body, agent, grant = null }) {
  if (meeting.length !== 16 || agent.length !== 16 || !/^[0-9]{6}$/.test(body))
    fail('Handshake', 'prologue');
  const digest = grant ? await sha256(grant) : new Uint8Array(HASH);
  return concat(utf8('noren/1'), Uint8Array.of(grant ? 2 : 1), meeting, utf8(body), agent, digest);
}

// ---- handshake

const PATTERNS = {
  pairing: {
    name: 'Noise_XXpsk3_25519_AESGCM_SHA256',
    before: false,
    messages: [['e'], ['e', 'ee', 's', 'es'], ['s', 'se', 'psk']],
  },
  session: {
    name: 'Noise_IK_25519_AESGCM_SHA256',
    before: true,
    messages: [
      ['e', 'es', 's', 'ss'],
      ['e', 'ee', 'se'],
    ],
  },
};

/**
 * One side of a handshake. `write` and `read` in turn, until `finished`; then `channel()`.
 * The browser is the initiator. Calls may overlap: they are done in the order they were made.
 */
export class Handshake {
  #pattern;
  #initiator;
  #key;
  #ephemeral;
  #psk;
  #remote;
  #remoteEphemeral = null;
  #symmetric = null;
  #prologue;
  #step = 0;
  #spent = false;
  #queue = new Queue();

  /** { prologue, key: {privateKey, publicKey}, psk: Uint8Array(32), initiator = true } */
  static pairing(options) {
    return new Handshake(PATTERNS.pairing, options);
  }

  /**
   * { prologue, key: {privateKey, publicKey}, remote: Uint8Array(32) when initiator, initiator =
   * true }
   */
  static session(options) {
    return new Handshake(PATTERNS.session, options);
  }

  constructor(
    pattern,
    { prologue, key, psk = null, remote = null, initiator = true, ephemeral = null },
  ) {
    this.#pattern = pattern;
    this.#initiator = initiator;
    this.#prologue = prologue;
    this.#key = key;
    this.#psk = psk;
    this.#remote = remote;
    this.#ephemeral = ephemeral; // given by test vectors only
  }

  /** The peer's static key, once it is known. */
  get remoteStatic() {
    return this.#remote;
  }
  /** True after the last message. */
  get finished() {
    return !this.#spent && this.#step === this.#pattern.messages.length;
  }
  /** The handshake hash h (Noise revision 34, section 11.2). */
  get hash() {
    return this.#symmetric?.h;
  }

  /** Writes our next message around `payload`. */
  write(payload = EMPTY) {
    return this.#attempt(true, async (symmetric, tokens) => {
      const parts = [];
      for (const token of tokens) {
        if (token === 'e') {
          this.#ephemeral ??= await subtle.generateKey('X25519', false, ['deriveBits']);
          const bytes = await publicBytes(this.#ephemeral.publicKey);
          parts.push(bytes);
          await symmetric.mixHash(bytes);
          if (this.#psk) await symmetric.mixKey(bytes);
        } else if (token === 's') {
          parts.push(await symmetric.encrypt(await publicBytes(this.#key.publicKey)));
        } else {
          await this.#mix(symmetric, token);
        }
      }
      parts.push(await symmetric.encrypt(payload));
      const message = concat(...parts);
      if (message.length > MAX_NOISE_MESSAGE) fail('Oversized', `${message.length} bytes`);
      return message;
    });
  }

  /** Reads the peer's next message and gives its payload. */
  read(message) {
    return this.#attempt(false, async (symmetric, tokens) => {
      if (message.length > MAX_NOISE_MESSAGE) fail('Oversized', `${message.length} bytes`);
      let at = 0;
      const take = n => {
        if (at + n > message.length) fail('Handshake', 'truncated');
        return message.slice(at, (at += n));
      };
      for (const token of tokens) {
        if (token === 'e') {
          this.#remoteEphemeral = take(KEY);
          await symmetric.mixHash(this.#remoteEphemeral);
          if (this.#psk) await symmetric.mixKey(this.#remoteEphemeral);
        } else if (token === 's') {
          this.#remote = await symmetric.decrypt(take(symmetric.keyed ? KEY + TAG : KEY));
        } else {
          await this.#mix(symmetric, token);
        }
      }
      return symmetric.decrypt(take(message.length - at));
    });
  }

  /** The channel, after the last message. */
  async channel(limits = this.#initiator ? Limits.viewer : Limits.agent) {
    const ciphers = await this.split();
    return new Channel(ciphers.send, ciphers.receive, this.#remote, limits);
  }

  /** The two ciphers { send, receive } of Noise's Split(). */
  async split() {
    if (this.#spent) fail('Spent');
    if (!this.finished) fail('NotFinished');
    this.#spent = true;
    const [one, two] = await hkdf(this.#symmetric.ck, EMPTY, 2);
    const [out, back] = await Promise.all([Cipher.from(one), Cipher.from(two)]);
    return this.#initiator ? { send: out, receive: back } : { send: back, receive: out };
  }

  async #mix(symmetric, token) {
    if (token === 'psk') return symmetric.mixKeyAndHash(this.#psk);
    // The first letter is the initiator's key, the second the responder's.
    const mine = this.#initiator ? token[0] : token[1],
      theirs = this.#initiator ? token[1] : token[0];
    const key = mine === 'e' ? this.#ephemeral : this.#key;
    return symmetric.mixKey(
      await agree(key.privateKey, theirs === 'e' ? this.#remoteEphemeral : this.#remote),
    );
  }

  #attempt(writing, step) {
    return this.#queue.run(async () => {
      if (this.#spent) fail('Spent');
      try {
        const tokens = this.#pattern.messages[this.#step] ?? fail('OutOfTurn');
        if (writing !== ((this.#step % 2 === 0) === this.#initiator)) fail('OutOfTurn');
        this.#symmetric ??= await this.#start();
        const value = await step(this.#symmetric, tokens);
        this.#step++;
        return value;
      } catch (error) {
        this.#spent = true;
        this.#symmetric = null;
        throw error instanceof ChannelError ? error : new ChannelError('Handshake', error.message);
      }
    });
  }

  async #start() {
    const symmetric = await Symmetric.start(this.#pattern.name, this.#prologue);
    if (this.#pattern.before) {
      await symmetric.mixHash(
        this.#initiator ? this.#remote : await publicBytes(this.#key.publicKey),
      );
    }
    return symmetric;
  }
}

/** Noise's SymmetricState (revision 34, section 5.2). */
class Symmetric {
  #cipher = null;

  static async start(name, prologue) {
    const state = new Symmetric();
    const bytes = utf8(name);
    state.h =
      bytes.length <= HASH
        ? concat(bytes, new Uint8Array(HASH - bytes.length))
        : await sha256(bytes);
    state.ck = state.h;
    await state.mixHash(prologue);
    return state;
  }

  get keyed() {
    return this.#cipher !== null;
  }

  async mixHash(data) {
    this.h = await sha256(this.h, data);
  }

  async mixKey(material) {
    const [ck, key] = await hkdf(this.ck, material, 2);
    this.ck = ck;
    this.#cipher = await Cipher.from(key);
  }

  async mixKeyAndHash(material) {
    const [ck, hash, key] = await hkdf(this.ck, material, 3);
    this.ck = ck;
    await this.mixHash(hash);
    this.#cipher = await Cipher.from(key);
  }

  async encrypt(plain) {
    const sealed = this.#cipher ? await this.#cipher.encrypt(plain, this.h) : plain;
    await this.mixHash(sealed);
    return sealed;
  }

  async decrypt(sealed) {
    const plain = this.#cipher
      ? await this.#cipher.decrypt(sealed, this.h).catch(() => fail('Handshake'))
      : sealed;
    await this.mixHash(sealed);
    return plain;
  }
}

/** Noise's CipherState with AES-256-GCM: the nonce is 4 zero bytes and a big-endian counter. */
class Cipher {
  #key;
  #nonce = 0n;

  static async from(bytes) {
    const cipher = new Cipher();
    cipher.#key = await aesKey(bytes);
    return cipher;
  }

  encrypt(plain, ad = EMPTY) {
    return this.#run('encrypt', plain, ad);
  }
  decrypt(sealed, ad = EMPTY) {
    return this.#run('decrypt', sealed, ad);
  }

  /**
   * REKEY(): the new key is what 32 zero bytes encrypt to under nonce 2^64-1. The counter goes on.
   */
  async rekey() {
    const sealed = await subtle.encrypt(gcm(2n ** 64n - 1n, EMPTY), this.#key, new Uint8Array(KEY));
    this.#key = await aesKey(new Uint8Array(sealed, 0, KEY));
  }

  async #run(what, input, ad) {
    const nonce = this.#nonce++;
    return new Uint8Array(await subtle[what](gcm(nonce, ad), this.#key, input));
  }
}

// ---- records

/**
 * An open channel. `seal` and `open` may be called without waiting for the last call: each
 * direction works in the
 * order of the calls, so records never change places.
 */
export class Channel {
  #send;
  #receive;
  #limits;
  #out = new Queue();
  #in = new Queue();
  #sent = new Usage();
  #received = new Usage();
  #partial = [];
  #partialLength = 0;
  #closedByUs = false;
  #closedByPeer = false;
  #spent = false;

  constructor(send, receive, peer, limits) {
    this.#send = send;
    this.#receive = receive;
    this.#limits = limits;
    /** The peer's static key. */
    this.peer = peer;
  }

  /**
   * Seals one message into records, each to be sent as one binary WebSocket message in this order.
   */
  seal(message) {
    if (message.length > this.#limits.outgoing)
      return Promise.reject(new ChannelError('TooLarge', `${message.length} bytes`));
    return this.#out.run(async () => {
      const records = [];
      let at = 0;
      for (; message.length - at > MAX_PART; at += MAX_PART)
        await this.#push(MORE, message.subarray(at, at + MAX_PART), records);
      await this.#push(LAST, message.subarray(at), records);
      return records;
    });
  }

  /** Seals a close: nothing can be sealed after it. */
  close(reason = CloseReason.done) {
    return this.#out.run(async () => {
      const records = [];
      await this.#push(CLOSE, Uint8Array.of(reason), records);
      this.#closedByUs = true;
      return records;
    });
  }

  /** Seals a rekey now; `seal` does it by itself when one is due. */
  rekey() {
    return this.#out.run(() => this.#rekey());
  }

  /** Opens the peer's next record: { message }, { pending: true } or { closed: reason }. */
  open(record) {
    return this.#in.run(async () => {
      if (this.#spent) fail('Spent');
      try {
        return await this.#open(record);
      } catch (error) {
        this.#spent = true;
        this.#send = this.#receive = null;
        this.#partial = [];
        throw error;
      }
    });
  }

  /** To be asked when the transport has ended: throws Truncated when the peer had not closed. */
  ended() {
    return this.#in.run(async () => {
      if (!this.#closedByPeer) fail('Truncated');
    });
  }

  async #open(record) {
    if (this.#closedByPeer) fail('Closed');
    if (record.length > MAX_NOISE_MESSAGE) fail('Oversized', `${record.length} bytes`);
    if (record.length < TAG) fail('Record');
    const plain = await this.#receive.decrypt(record).catch(() => fail('Record'));
    this.#received.add(plain.length);
    if (
      this.#received.records > this.#limits.keyRecords ||
      this.#received.bytes > this.#limits.keyBytes
    )
      fail('Overused');
    if (!plain.length) fail('UnknownKind');
    const kind = plain[0],
      payload = plain.subarray(1);
    if (kind === LAST || kind === MORE) {
      if (kind === MORE && !payload.length) fail('BadRecord');
      if (this.#partialLength + payload.length > this.#limits.incoming) fail('TooLarge');
      if (kind === LAST && !this.#partialLength) return { message: payload };
      this.#partial.push(payload);
      this.#partialLength += payload.length;
      if (kind === MORE) return { pending: true };
      const message = concat(...this.#partial);
      this.#partial = [];
      this.#partialLength = 0;
      return { message };
    }
    if (kind === REKEY) {
      if (payload.length) fail('BadRecord');
      await this.#receive.rekey();
      this.#received = new Usage();
      return { pending: true };
    }
    if (kind === CLOSE) {
      if (payload.length !== 1) fail('BadRecord');
      this.#closedByPeer = true;
      this.#partial = [];
      return { closed: payload[0] };
    }
    return fail('UnknownKind');
  }

  async #push(kind, payload, records) {
    if (this.#sent.due(payload.length + 1, this.#limits)) records.push(await this.#rekey());
    records.push(await this.#encrypt(kind, payload));
  }

  async #rekey() {
    const record = await this.#encrypt(REKEY, EMPTY);
    await this.#send?.rekey();
    this.#sent = new Usage();
    return record;
  }

  #encrypt(kind, payload) {
    if (this.#spent) fail('Spent');
    if (this.#closedByUs) fail('Closed');
    const plain = new Uint8Array(payload.length + 1);
    plain[0] = kind;
    plain.set(payload, 1);
    this.#sent.add(plain.length);
    return this.#send.encrypt(plain);
  }
}

/** What was done under the current key of one direction. */
class Usage {
  records = 0;
  bytes = 0;
  add(plain) {
    this.records++;
    this.bytes += plain;
  }
  /**
   * True when a record of `plain` bytes would leave no room for the rekey (one record of one byte)
   * after it.
   */
  due(plain, limits) {
    return this.records + 2 > limits.keyRecords || this.bytes + plain + 1 > limits.keyBytes;
  }
}

/**
 * Runs tasks one after the other, in the order they came; a failed one does not hold up the next.
 */
class Queue {
  #tail = Promise.resolve();
  run(task) {
    const result = this.#tail.then(task);
    this.#tail = result.catch(() => {});
    return result;
  }
}

// ---- payloads of pairing

const MAX_NAME = 64,
  MAX_HINT = 256;

/** Payload of message 2: { name }. */
export function decodeAgentHello(bytes) {
  return payload(bytes, r => ({ name: name(r.str16(4 * MAX_NAME)) }));
}

/** Payload of message 3. */
export function encodeDeviceHello({ name: given, userAgent }) {
  return new Writer()
    .str16(name(given), 4 * MAX_NAME)
    .str16(userAgent, MAX_HINT)
    .finish();
}

/** The agent's first message after the handshake: { device }. */
export function decodeAccepted(bytes) {
  return payload(bytes, r =>
    r.u8() === 1 ? { device: r.take(16).slice() } : fail('Payload', 'accepted'),
  );
}

function payload(bytes, read) {
  try {
    const r = new Reader(bytes),
      value = read(r);
    r.finish();
    return value;
  } catch (error) {
    throw error instanceof WireError ? new ChannelError('Payload', error.fault) : error;
  }
}

const name = text => ([...text].length <= MAX_NAME ? text : fail('Payload', 'name'));

// ---- primitives

const utf8 = text => new TextEncoder().encode(text);

function concat(...parts) {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

const sha256 = async (...parts) => new Uint8Array(await subtle.digest('SHA-256', concat(...parts)));

async function hmac(key, data) {
  const imported = await subtle.importKey('raw', key, { name: 'HMAC', hash: 'SHA-256' }, false, [
    'sign',
  ]);
  return new Uint8Array(await subtle.sign('HMAC', imported, data));
}

/** Noise's HKDF (revision 34, section 4.3): two or three outputs. */
async function hkdf(chainingKey, material, outputs) {
  const temporary = await hmac(chainingKey, material),
    out = [];
  for (let n = 1; n <= outputs; n++)
    out.push(await hmac(temporary, concat(out.at(-1) ?? EMPTY, Uint8Array.of(n))));
  return out;
}

const aesKey = bytes => subtle.importKey('raw', bytes, 'AES-GCM', false, ['encrypt', 'decrypt']);

function gcm(nonce, ad) {
  const iv = new Uint8Array(12);
  new DataView(iv.buffer).setBigUint64(4, nonce);
  return { name: 'AES-GCM', iv, additionalData: ad, tagLength: 128 };
}

/**
 * X25519; a key of small order is refused (RFC 7748, section 6.1), whether or not the engine does
 * it.
 */
async function agree(privateKey, publicKey) {
  let bits;
  try {
    const key = await subtle.importKey('raw', publicKey, 'X25519', false, []);
    bits = new Uint8Array(
      await subtle.deriveBits({ name: 'X25519', public: key }, privateKey, 256),
    );
  } catch {
    return fail('WeakKey');
  }
  return bits.some(byte => byte !== 0) ? bits : fail('WeakKey');
}
