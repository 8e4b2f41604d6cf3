// Bytes: cursors with limits, and the messages of a session. spec/wire.md; the twin of the Rust
// crate `wire`.

/** Why bytes were refused; `fault` is the name the Rust crate gives it. */
export class WireError extends Error {
  constructor(fault, detail = '') {
    super(`wire: ${fault}${detail && ` (${detail})`}`);
    this.name = 'WireError';
    this.fault = fault;
  }
}

const fail = (fault, detail) => {
  throw new WireError(fault, detail);
};
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** Takes fields off the front of a Uint8Array. */
export class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = 0;
  }
  get left() {
    return this.bytes.length - this.at;
  }
  #step(n) {
    if (n > this.left) fail('Truncated', `${n} wanted, ${this.left} left`);
    const at = this.at;
    this.at += n;
    return at;
  }
  u8() {
    return this.view.getUint8(this.#step(1));
  }
  u16() {
    return this.view.getUint16(this.#step(2));
  }
  u32() {
    return this.view.getUint32(this.#step(4));
  }
  i16() {
    return this.view.getInt16(this.#step(2));
  }
  i32() {
    return this.view.getInt32(this.#step(4));
  }
  /** A u64 that must be a safe integer here: times in milliseconds. */
  u64() {
    const value = this.view.getBigUint64(this.#step(8));
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) fail('BadValue', 'u64');
    return Number(value);
  }
  bool(field) {
    const value = this.u8();
    if (value > 1) fail('BadValue', field);
    return value === 1;
  }
  /** The next `n` bytes, a view on the input. */
  take(n) {
    const at = this.#step(n);
    return this.bytes.subarray(at, at + n);
  }
  rest() {
    return this.take(this.left);
  }
  #limited(length, limit) {
    if (length > limit) fail('TooLong', `${length} where ${limit} are allowed`);
    return this.take(length);
  }
  bytes16(limit) {
    return this.#limited(this.u16(), limit);
  }
  bytes32(limit) {
    return this.#limited(this.u32(), limit);
  }
  str8(limit) {
    return text(this.#limited(this.u8(), limit));
  }
  str16(limit) {
    return text(this.bytes16(limit));
  }
  finish() {
    if (this.left) fail('Trailing', `${this.left} bytes`);
  }
}

/** Appends fields to bytes. */
export class Writer {
  constructor(capacity = 64) {
    this.bytes = new Uint8Array(capacity);
    this.view = new DataView(this.bytes.buffer);
    this.length = 0;
  }
  #room(n) {
    const at = this.length;
    if (at + n > this.bytes.length) {
      const grown = new Uint8Array(Math.max(at + n, 2 * this.bytes.length));
      grown.set(this.bytes.subarray(0, at));
      this.bytes = grown;
      this.view = new DataView(grown.buffer);
    }
    this.length += n;
    return at;
  }
  u8(value) {
    const at = this.#room(1);
    this.view.setUint8(at, range(value, 0, 0xff));
    return this;
  }
  u16(value) {
    const at = this.#room(2);
    this.view.setUint16(at, range(value, 0, 0xffff));
    return this;
  }
  u32(value) {
    const at = this.#room(4);
    this.view.setUint32(at, range(value, 0, 0xffffffff));
    return this;
  }
  i16(value) {
    const at = this.#room(2);
    this.view.setInt16(at, range(value, -0x8000, 0x7fff));
    return this;
  }
  u64(value) {
    const at = this.#room(8);
    this.view.setBigUint64(at, BigInt(range(value, 0, Number.MAX_SAFE_INTEGER)));
    return this;
  }
  bool(value) {
    return this.u8(value ? 1 : 0);
  }
  put(bytes) {
    const at = this.#room(bytes.length);
    this.bytes.set(bytes, at);
    return this;
  }
  str16(value, limit) {
    const bytes = encoder.encode(value);
    if (bytes.length > limit) fail('TooLong', `${bytes.length} where ${limit} are allowed`);
    return this.u16(bytes.length).put(bytes);
  }
  finish() {
    return this.bytes.slice(0, this.length);
  }
}

export const VERSION = 1;
export const MAX_TO_AGENT = 4 << 10;
export const MAX_TO_VIEWER = 16 << 20;
export const MAX_TEXT = 1024;
export const MAX_SIDE = 16384;
const MAX_CURSOR = 256,
  MAX_CREDENTIAL = 512,
  MAX_NAME = 256;

export const Buttons = Object.freeze({ left: 1, middle: 2, right: 4, back: 8, forward: 16 });
export const Typing = Object.freeze({ office: 0, home: 1 });
export const AgentCaps = Object.freeze({ resize: 1, text: 2, credentials: 4 });
export const NoticeKind = Object.freeze({
  idleSoon: 1,
  periodSoon: 2,
  desktopLost: 3,
  desktopBack: 4,
  credentialsWanted: 5,
  credentialsRefused: 6,
  idleLifted: 7,
  credentialsPaused: 8,
  textNotTaken: 9,
});
export const EndReason = Object.freeze({
  idle: 1,
  periodOver: 2,
  revoked: 3,
  byAdministrator: 4,
  takenOver: 5,
  desktopRefused: 6,
  agentStopping: 7,
  peerMisbehaved: 8,
  desktopTooLarge: 9,
  desktopUntrusted: 10,
  desktopUnsupported: 11,
  passwordExpired: 12,
  passwordMustChange: 13,
  accountLocked: 14,
  accountDisabled: 15,
  accountExpired: 16,
  remoteNotGranted: 17,
  outsideHours: 18,
  otherWorkstation: 19,
  accountRestricted: 20,
  noAuthority: 21,
});

const LAST_REASON = EndReason.noAuthority;

// Messages are plain objects { type, ...fields }; each entry is [tag, read(reader), write(writer,
// message)].

const toAgent = {
  Hello: [
    0x01,
    r => ({ ...version(r), ...size(r), caps: r.u32(), typing: r.bool('typing') ? 1 : 0 }),
    (w, m) =>
      writeSize(w.u16(VERSION), m)
        .u32(m.caps)
        .u8(range(m.typing, 0, 1)),
  ],
  Credentials: [
    0x02,
    r => ({
      user: r.str16(MAX_CREDENTIAL),
      password: r.str16(MAX_CREDENTIAL),
      domain: r.str16(MAX_CREDENTIAL),
    }),
    (w, m) =>
      w
        .str16(m.user, MAX_CREDENTIAL)
        .str16(m.password, MAX_CREDENTIAL)
        .str16(m.domain, MAX_CREDENTIAL),
  ],
  Pointer: [
    0x03,
    r => ({ x: r.u16(), y: r.u16(), buttons: below(r.u8(), 32, 'buttons') }),
    (w, m) =>
      w
        .u16(m.x)
        .u16(m.y)
        .u8(range(m.buttons, 0, 31)),
  ],
  Wheel: [
    0x04,
    r => ({ x: r.u16(), y: r.u16(), dx: r.i16(), dy: r.i16() }),
    (w, m) => w.u16(m.x).u16(m.y).i16(m.dx).i16(m.dy),
  ],
  Key: [
    0x05,
    r => ({ down: r.bool('down'), usage: r.u16(), keysym: r.u32() }),
    (w, m) => w.bool(m.down).u16(m.usage).u32(m.keysym),
  ],
  Text: [0x06, r => ({ text: r.str16(MAX_TEXT) }), (w, m) => w.str16(m.text, MAX_TEXT)],
  Resize: [0x07, r => size(r), (w, m) => writeSize(w, m)],
  ScreenAck: [0x08, r => ({ body: r.rest() }), (w, m) => w.put(m.body)],
  Ping: [0x09, r => ({ token: r.u32() }), (w, m) => w.u32(m.token)],
  Refresh: [0x0a, () => ({}), w => w],
  ReleaseAll: [0x0b, () => ({}), w => w],
  Held: [0x0c, () => ({}), w => w],
};

const toViewer = {
  Welcome: [
    0x41,
    r => ({
      ...version(r),
      ...desktop(r),
      caps: r.u16(),
      name: r.str16(MAX_NAME),
      notAfter: r.u64(),
      idle: r.u32(),
    }),
    (w, m) =>
      w
        .u16(VERSION)
        .u16(m.width)
        .u16(m.height)
        .u16(m.caps)
        .str16(m.name, MAX_NAME)
        .u64(m.notAfter)
        .u32(m.idle),
  ],
  Screen: [0x42, r => ({ body: r.rest() }), (w, m) => w.put(m.body)],
  Cursor: [
    0x43,
    readCursor,
    (w, m) => w.u16(m.hotX).u16(m.hotY).u16(m.width).u16(m.height).put(m.rgba),
  ],
  Notice: [
    0x44,
    r => ({ kind: within(r.u8(), 1, 9, 'kind'), seconds: r.u32() }),
    (w, m) => w.u8(range(m.kind, 1, 9)).u32(m.seconds),
  ],
  Ended: [
    0x45,
    r => ({ reason: within(r.u8(), 1, LAST_REASON, 'reason') }),
    (w, m) => w.u8(range(m.reason, 1, LAST_REASON)),
  ],
  Pong: [0x46, r => ({ token: r.u32() }), (w, m) => w.u32(m.token)],
  Line: [0x47, r => ({ rtt: r.u16(), rate: r.u32() }), (w, m) => w.u16(m.rtt).u32(m.rate)],
  Caps: [0x48, r => ({ caps: r.u16() }), (w, m) => w.u16(m.caps)],
};

/** Decodes a message of the agent: { type, ...fields }. `body` and `rgba` are views on `bytes`. */
export const decodeToViewer = decoder(toViewer, MAX_TO_VIEWER);
/** Decodes a message of the viewer (tests, tools). */
export const decodeToAgent = decoder(toAgent, MAX_TO_AGENT);
/** Encodes a message of the viewer. */
export const encodeToAgent = encoderOf(toAgent, MAX_TO_AGENT);
/** Encodes a message of the agent (tests, tools). */
export const encodeToViewer = encoderOf(toViewer, MAX_TO_VIEWER);

function decoder(table, limit) {
  const byTag = new Map(Object.entries(table).map(([type, [tag, read]]) => [tag, { type, read }]));
  return bytes => {
    if (bytes.length > limit) fail('TooLong', `${bytes.length} where ${limit} are allowed`);
    const r = new Reader(bytes),
      tag = r.u8(),
      entry = byTag.get(tag) ?? fail('UnknownTag', `0x${tag.toString(16)}`);
    const message = { type: entry.type, ...entry.read(r) };
    r.finish();
    return message;
  };
}

function encoderOf(table, limit) {
  return message => {
    const [tag, , write] = table[message.type] ?? fail('UnknownTag', message.type);
    const bytes = write(new Writer().u8(tag), message).finish();
    if (bytes.length > limit) fail('TooLong', `${bytes.length} where ${limit} are allowed`);
    return bytes;
  };
}

function text(bytes) {
  try {
    return utf8.decode(bytes);
  } catch {
    return fail('NotUtf8');
  }
}

function range(value, low, high) {
  return Number.isInteger(value) && value >= low && value <= high
    ? value
    : fail('BadValue', String(value));
}

const within = (value, low, high, field) =>
  value >= low && value <= high ? value : fail('BadValue', field);
const below = (value, limit, field) => within(value, 0, limit - 1, field);

function version(r) {
  within(r.u16(), VERSION, VERSION, 'version');
  return {};
}

function size(r) {
  const width = r.u16(),
    height = r.u16();
  within(width, 1, MAX_SIDE, 'width');
  within(height, 1, MAX_SIDE, 'height');
  return { width, height };
}

const writeSize = (w, m) => w.u16(range(m.width, 1, MAX_SIDE)).u16(range(m.height, 1, MAX_SIDE));

function desktop(r) {
  const width = r.u16(),
    height = r.u16();
  if (width > MAX_SIDE || (width === 0) !== (height === 0)) fail('BadValue', 'width');
  if (height > MAX_SIDE) fail('BadValue', 'height');
  return { width, height };
}

function readCursor(r) {
  const hotX = r.u16(),
    hotY = r.u16(),
    width = r.u16(),
    height = r.u16();
  if (width > MAX_CURSOR || (width === 0) !== (height === 0)) fail('BadValue', 'width');
  if (height > MAX_CURSOR) fail('BadValue', 'height');
  if (hotX > width || hotY > height) fail('BadValue', 'hot spot');
  return { hotX, hotY, width, height, rgba: r.take(width * height * 4) };
}
