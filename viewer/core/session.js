// A session at home: the thin driver around `Machine`. It asks the server, meets the agent at the
// relay, opens the channel, and passes messages on; when and why is the machine's.

import { Machine, ENDED } from './machine.js';
import { meet } from './meeting.js';
import { watchMeeting, whyDeclined } from './declined.js';
import { fromBase64, fromHex, same, toHex } from './encoding.js';
import { AgentCaps, NoticeKind, decodeToViewer, encodeToAgent } from './wire.js';

/** Close reasons of the channel (spec/channel.md, "Records"). */
const CLOSE = { done: 0, misbehaved: 2 };
/** Pictures that may wait undrawn before reading stops. */
const UNDRAWN_MOST = 8;
/** Bytes the network has not taken, above which only the last position of the pointer is kept. */
const UNSENT_MOST = 2048;
/** Answers of the server are small (bytes, base64 characters). */
const GRANT_MOST = 4096;
const TICKET_MOST = 512;
/**
 * Weight of a new round trip in the smoothed one: more than RFC 6298's 1/8, which is meant for many
 * a second.
 */
const ALPHA = 1 / 4;

/** What each fault of a part means to the machine. */
const FAULTS = {
  closed: 'closed',
  Truncated: 'truncated',
  Closed: 'closed',
  relay: 'closed',
  Handshake: 'seal',
  Record: 'seal',
  WeakKey: 'seal',
  Oversized: 'seal',
  Spent: 'closed',
  Refused: 'declined',
};

/**
 * @typedef {object} Parts everything outside the machine, so that tests can stand in for it
 * @property {typeof fetch} fetch
 * @property {typeof WebSocket} WebSocket
 * @property {() => number} now ms of a clock that is never set: a home PC's calendar may jump
 * @property {(f: () => void, ms: number) => unknown} setTimeout
 * @property {(id: unknown) => void} clearTimeout
 * @property {() => number} random uniform in [0, 1)
 * @property {(pipe, facts) => Promise<{send(bytes), receive(): Promise<Uint8Array>, close(reason),
 *   unsent: number, waiting: number}>} secure
 *   handshake as initiator; `receive` rejects with an error that has a `fault`
 */

export class Session {
  machine;
  /** The last Welcome, or null. */
  welcome = null;
  /** Smoothed round trip in ms and rate in kbit/s (0 unknown), or null. */
  line = null;
  #parts;
  #options;
  #timer = null;
  #armed = null; // when it rings
  #abort = null;
  #facts = null; // the server's answer for this try
  #link = null;
  #screen = null;
  #pending = null; // pointer position kept back
  #pings = new Map();
  #token = 0;
  #credentials = null; // in memory only, until the session ends: for a reconnect
  #asked = false; // Welcome asked for credentials, and a Notice may say it again
  #shown = '';
  #skew = 0; // how far the server's clock is ahead of `now`, in ms

  /**
   * @param {object} options
   * @param {string} options.target target id
   * @param {string} options.csrf
   * @param {() => Promise<{id: string, keys: CryptoKeyPair} | null>} options.device
   * @param {(agent: string) => Promise<{key: Uint8Array} | null>} options.agent what pairing left
   *   of an agent
   * @param {() => {width: number, height: number, caps: number, typing: 0|1}} options.hello
   * @param {(onAck: (body: Uint8Array) => void) => {frame(bytes: Uint8Array, waiting: number):
   *   Promise<void>, close?(): void}} options.screen a fresh screen for each try
   * @param {object} options.on change(session), welcome(message), caps(welcome), cursor(message),
   *   notice(message), credentials({refused, wait}), line(line), error(error)
   * @param {Parts} parts
   */
  constructor(options, parts) {
    this.#options = options;
    this.#parts = parts;
    this.machine = new Machine({ rng: parts.random });
  }

  start() {
    this.#feed({ kind: 'start' });
  }

  /** What is left of the permitted time, in ms; null while there is no session. */
  get left() {
    return this.welcome?.notAfter ? this.welcome.notAfter - (this.#parts.now() + this.#skew) : null;
  }

  /** Ends the session from here. */
  async stop() {
    const link = this.#link;
    this.#link = null;
    try {
      await link?.close(CLOSE.done);
    } catch {
      // the line is gone already
    }
    this.#feed({ kind: 'stop' });
  }

  visible(visible) {
    this.#feed({ kind: 'visible', visible });
  }

  online(online) {
    this.#feed({ kind: 'online', online });
  }

  /** Sends a message (wire.js) once a Welcome stands; false when there is nobody to hear it. */
  send(message) {
    if (!this.welcome || !this.#link) return false;
    this.#flush();
    this.#put(message);
    return true;
  }

  /** Moves the pointer: only the last position counts when the line is slow. */
  point(message) {
    if (!this.welcome || !this.#link) return;
    if (this.#pending && this.#pending.buttons !== message.buttons) this.#flush();
    if (this.#link.unsent <= UNSENT_MOST) {
      this.#pending = null;
      this.#put(message);
    } else {
      this.#pending = message;
    }
  }

  /**
   * Sends credentials of the desktop; kept in memory until the session ends, so that a reconnect
   * need not ask again.
   */
  credentials(credentials) {
    this.#credentials = credentials;
    // Without a Welcome they are offered when the office asks again.
    if (this.welcome && this.#link) this.#put({ type: 'Credentials', ...credentials });
  }

  #feed(event) {
    this.machine.handle(event, this.#parts.now());
    for (let command; (command = this.machine.poll());) this.#do(command);
    this.#arm();
    const { state, missing, reason, shown } = this.machine;
    if (shown === 'ended') this.#credentials = null;
    const now = [state, missing, reason, shown].join();
    if (now !== this.#shown) {
      this.#shown = now;
      this.#options.on.change?.(this);
    }
  }

  #arm() {
    const at = this.machine.timeout();
    if (at === this.#armed) return; // asked after every message: most change nothing
    this.#armed = at;
    if (this.#timer !== null) this.#parts.clearTimeout(this.#timer);
    this.#timer =
      at === null
        ? null
        : this.#parts.setTimeout(() => this.#ring(), Math.max(0, at - this.#parts.now()));
  }

  #ring() {
    this.#timer = this.#armed = null;
    this.#feed({ kind: 'time' });
  }

  #do({ do: what, attempt }) {
    if (what === 'drop') return this.#drop();
    if (what === 'ping') return this.#ping();
    const work = {
      look: () => this.#look(attempt),
      ask: () => this.#ask(attempt),
      connect: () => this.#connect(attempt),
    }[what];
    this.#abort ??= new AbortController();
    work().catch(error => this.#broken(error, attempt));
  }

  #drop() {
    this.#abort?.abort();
    this.#screen?.close?.();
    this.#abort = this.#link = this.#screen = this.#pending = this.welcome = this.line = null;
    this.#asked = false;
    this.#pings.clear();
  }

  #broken(error, attempt) {
    if (attempt !== this.machine.attempt || !this.#abort) return; // known already
    const fault = faultOf(error);
    this.#options.on.error?.(error);
    if (fault === 'misbehaved') this.#link?.close(CLOSE.misbehaved)?.catch?.(() => {});
    if (fault === 'declined') this.#why(attempt);
    else this.#feed({ kind: 'broken', fault, attempt });
  }

  /** The agent closed the channel with a no; the server knows which. */
  async #why(attempt) {
    const { setTimeout } = this.#parts;
    const call = path => this.#call(path);
    const reason = await whyDeclined(toHex(this.#facts.meeting), { call, setTimeout });
    if (reason) this.#feed({ kind: 'declined', reason, attempt });
    else this.#feed({ kind: 'broken', fault: 'declined', attempt });
  }

  async #call(path, init = {}) {
    try {
      const response = await this.#parts.fetch(path, {
        credentials: 'same-origin',
        cache: 'no-store',
        redirect: 'error',
        signal: this.#abort.signal,
        ...init,
        headers: { accept: 'application/json', ...init.headers },
      });
      const body = await response.json().catch(() => null);
      const after = Number(response.headers?.get?.('retry-after'));
      return { status: response.status, body, retryAfter: after > 0 ? after * 1000 : 0 };
    } catch {
      return { status: 0, body: null, retryAfter: 0 };
    }
  }

  async #look(attempt) {
    const { status, body } = await this.#call('/api/targets');
    if (status !== 200 && (status === 0 || status === 401 || status >= 500))
      return this.#feed({ kind: 'refused', status, attempt });
    const target = body?.targets?.find?.(t => t.id === this.#options.target);
    // A target that is not listed is for /api/sessions to explain.
    this.#feed({ kind: 'looked', online: target?.agent_online !== false, attempt });
  }

  async #ask(attempt) {
    const device = await this.#options.device();
    if (!device) return this.#feed({ kind: 'refused', status: 403, code: 'unpaired', attempt });
    const { status, body, retryAfter } = await this.#call('/api/sessions', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-noren-csrf': this.#options.csrf },
      body: JSON.stringify({ target: this.#options.target, device: device.id }),
    });
    if (status !== 200)
      return this.#feed({ kind: 'refused', status, code: body?.error, retryAfter, attempt });
    const facts = readAnswer(body);
    if (!facts) return this.#feed({ kind: 'refused', status: 502, attempt });
    const known = await this.#options.agent(body.agent);
    if (!known) return this.#feed({ kind: 'refused', status: 403, code: 'unpaired', attempt });
    // The agent's key comes from pairing. A server that names another one is wrong or worse.
    if (!same(known.key, facts.agentKey))
      return this.#feed({ kind: 'refused', status: 403, code: 'agent_key', attempt });
    if (attempt !== this.machine.attempt) return;
    if (Number.isSafeInteger(body.now)) this.#skew = body.now - this.#parts.now();
    this.#facts = { ...facts, agentKey: known.key, keys: device.keys };
    this.#feed({ kind: 'answered', attempt });
  }

  async #connect(attempt) {
    const mine = event => this.#feed({ ...event, attempt });
    const facts = this.#facts;
    const { fetch, setTimeout } = this.#parts;
    const { signal } = this.#abort;
    const came = new AbortController();
    signal.addEventListener('abort', () => came.abort());
    const onWaiting = () => {
      mine({ kind: 'stage', stage: 'waiting' });
      watchMeeting(toHex(facts.meeting), {
        fetch,
        setTimeout,
        signal: came.signal,
        onDeclined: reason => mine({ kind: 'declined', reason }),
      });
    };
    const pipe = await meet({
      url: facts.relayUrl,
      ticket: facts.ticket,
      WebSocket: this.#parts.WebSocket,
      signal,
      onWaiting,
    });
    came.abort();
    mine({ kind: 'stage', stage: 'handshaking' });
    const link = await this.#parts.secure(pipe, facts);
    if (attempt !== this.machine.attempt) return pipe.close();
    this.#link = link;
    mine({ kind: 'stage', stage: 'desktop' });
    this.#screen = this.#options.screen(
      body => attempt === this.machine.attempt && this.#put({ type: 'ScreenAck', body }),
    );
    this.#put({ type: 'Hello', ...this.#options.hello() });
    const drawing = { count: 0, last: null };
    for (;;) {
      const message = decodeToViewer(await link.receive());
      if (attempt !== this.machine.attempt) return;
      mine({ kind: 'heard' });
      if (message.type === 'Screen') await this.#draw(message.body, drawing, attempt, link.waiting);
      else this.#take(message, attempt);
      this.#flush();
    }
  }

  async #draw(body, drawing, attempt, waiting) {
    if (!this.welcome) throw misbehaved('a picture before Welcome');
    drawing.count++;
    drawing.last = this.#screen.frame(body, waiting).then(
      () => {
        drawing.count--;
        if (attempt === this.machine.attempt && this.machine.state === 'desktop')
          this.#feed({ kind: 'live', attempt });
      },
      error => this.#broken(Object.assign(error, { fault: error.fault ?? 'frame' }), attempt),
    );
    if (drawing.count > UNDRAWN_MOST) await drawing.last;
  }

  #take(message, attempt) {
    const { on } = this.#options;
    if (
      !this.welcome &&
      message.type !== 'Welcome' &&
      message.type !== 'Ended' &&
      message.type !== 'Notice'
    ) {
      throw misbehaved(`${message.type} before Welcome`);
    }
    switch (message.type) {
      case 'Welcome':
        if (this.welcome) throw misbehaved('a second Welcome');
        this.welcome = message;
        this.#feed({ kind: 'welcomed', attempt });
        on.welcome?.(message);
        if (message.caps & AgentCaps.credentials) {
          this.#wanted(false);
          this.#asked = true;
        }
        break;
      case 'Caps':
        this.welcome = { ...this.welcome, caps: message.caps };
        on.caps?.(this.welcome);
        break;
      case 'Cursor':
        on.cursor?.(message);
        break;
      case 'Notice':
        this.#notice(message, attempt);
        break;
      case 'Ended':
        this.#feed({ kind: 'ended', reason: ENDED[message.reason], attempt });
        break;
      case 'Pong':
        this.#pong(message.token, attempt);
        break;
      case 'Line':
        this.line = { rtt: this.line?.rtt ?? message.rtt, rate: message.rate };
        on.line?.(this.line);
        break;
      default:
        throw misbehaved(message.type);
    }
  }

  #notice(message, attempt) {
    const { kind } = message;
    if (kind === NoticeKind.desktopLost || kind === NoticeKind.desktopBack) {
      this.#feed({ kind: 'desktop', present: kind === NoticeKind.desktopBack, attempt });
    } else if (kind === NoticeKind.credentialsPaused) {
      this.#asked = false;
      this.#wanted(true, message.seconds);
    } else if (kind === NoticeKind.credentialsWanted || kind === NoticeKind.credentialsRefused) {
      const again = this.#asked && kind === NoticeKind.credentialsWanted; // Welcome said so already
      this.#asked = false;
      if (!again) this.#wanted(kind === NoticeKind.credentialsRefused);
    }
    this.#options.on.notice?.(message);
  }

  #wanted(refused, wait = 0) {
    if (refused) this.#credentials = null;
    if (this.#credentials) this.credentials(this.#credentials);
    else this.#options.on.credentials?.({ refused, wait });
  }

  #ping() {
    this.#token = (this.#token + 1) >>> 0;
    this.#pings.clear(); // one at a time: the machine waits for the answer
    this.#pings.set(this.#token, this.#parts.now());
    if (this.#link) this.#put({ type: 'Ping', token: this.#token });
  }

  #pong(token, attempt) {
    const sent = this.#pings.get(token);
    if (sent === undefined) return; // an answer to nothing tells nothing
    this.#pings.delete(token);
    const rtt = Math.max(0, this.#parts.now() - sent);
    this.line = {
      rtt: this.line ? this.line.rtt + ALPHA * (rtt - this.line.rtt) : rtt,
      rate: this.line?.rate ?? 0,
    };
    this.#feed({ kind: 'pong', attempt });
    this.#options.on.line?.(this.line);
  }

  #flush() {
    const pending = this.#pending;
    this.#pending = null;
    if (pending && this.#link) this.#put(pending);
  }

  #put(message) {
    const { attempt } = this.machine;
    const sent = this.#link?.send(encodeToAgent(message));
    sent?.catch?.(error => this.#broken(error, attempt));
  }
}

/**
 * What a part's error means: what a peer sealed and what cannot be read is nonsense, everything
 * else the line's doing.
 */
function faultOf(error) {
  if (error.picture) return 'too_large';
  if (error.name === 'WireError' || error.name === 'DecodeError') return 'misbehaved';
  return FAULTS[error.fault] ?? (error.fault ? 'misbehaved' : 'closed');
}

const misbehaved = what =>
  Object.assign(new Error(`the agent sent ${what}`), { fault: 'misbehaved' });

/** The server's answer to a request for a session, as bytes; null when it is not one. */
export function readAnswer(body) {
  const facts = {
    meeting: fromHex(body?.meeting, 16),
    agent: fromHex(body?.agent, 16),
    agentKey: fromBase64(body?.agent_key, 32),
    ticket: fromBase64(body?.ticket, TICKET_MOST),
    grant: fromBase64(body?.grant, GRANT_MOST),
    body: body?.body,
    relayUrl: body?.relay_url,
  };
  if (Object.values(facts).some(value => value === null)) return null;
  if (
    !/^\d{6}$/.test(facts.body) ||
    !/^wss?:\/\//.test(facts.relayUrl) ||
    facts.agentKey.length !== 32
  )
    return null;
  return facts;
}
