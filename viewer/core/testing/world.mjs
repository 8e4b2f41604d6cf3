// A world for tests: server, relay and office agent in one place, on a virtual clock. The
// cryptography is real.

import { Handshake, prologue, generateDeviceKey, publicBytes, Limits } from '../channel.js';
import { toBase64, toHex } from '../encoding.js';
import { decodeToAgent, encodeToViewer } from '../wire.js';

export const MEETING = new Uint8Array(16).fill(7);
export const AGENT = new Uint8Array(16).fill(9);
export const GRANT = new TextEncoder().encode('a grant');
export const BODY = '131016';

// WebCrypto works in threads of its own: count what is under way there, so that "at rest" can be
// known.
let busy = 0;
for (const name of [
  'generateKey',
  'exportKey',
  'importKey',
  'deriveBits',
  'encrypt',
  'decrypt',
  'digest',
  'sign',
]) {
  const original = crypto.subtle[name];
  crypto.subtle[name] = async function (...args) {
    busy++;
    try {
      return await original.apply(crypto.subtle, args);
    } finally {
      busy--;
    }
  };
}

/** Lets everything under way come to rest, or until `condition` holds. */
export async function settle(condition = () => false) {
  for (let quiet = 0; quiet < 12 && !condition(); quiet = busy ? 0 : quiet + 1)
    await new Promise(resolve => setImmediate(resolve));
}

export class Clock {
  now = 1_000_000;
  #timers = new Map();
  #next = 1;
  setTimeout = (f, ms) => (this.#timers.set(this.#next, { f, at: this.now + ms }), this.#next++);
  clearTimeout = id => void this.#timers.delete(id);
  /** Lets `ms` pass, with everything that is due on the way. */
  async pass(ms) {
    const end = this.now + ms;
    for (;;) {
      await settle();
      const due = [...this.#timers]
        .filter(([, t]) => t.at <= end)
        .sort((a, b) => a[1].at - b[1].at)[0];
      if (!due) break;
      this.#timers.delete(due[0]);
      this.now = Math.max(this.now, due[1].at);
      due[1].f();
    }
    this.now = end;
    await settle();
  }
}

export class World {
  clock = new Clock();
  serverUp = true;
  relayUp = true;
  agentUp = true;
  /** Replaces the server's next answers: { status, body }. */
  answer = null;
  asked = 0;
  looked = 0;
  sockets = [];
  /**
   * The agent's end of the newest session: { received: messages, send(message), raw(bytes), cut(),
   * close(reason) }.
   */
  peer = null;
  welcome = {
    type: 'Welcome',
    width: 64,
    height: 48,
    caps: 3,
    name: 'PC',
    notAfter: 2_000_000,
    idle: 900,
  };
  autoWelcome = true;

  static async make() {
    const world = new World();
    world.deviceKeys = await generateDeviceKey();
    world.agentKeys = await generateDeviceKey();
    world.agentKey = await publicBytes(world.agentKeys.publicKey);
    world.handshakeGrant = GRANT;
    return world;
  }

  get parts() {
    const world = this;
    return {
      fetch: (path, init) => world.#fetch(path, init),
      now: () => world.clock.now,
      random: () => 0.5,
      setTimeout: world.clock.setTimeout,
      clearTimeout: world.clock.clearTimeout,
      WebSocket: function (url) {
        return new Socket(world, url);
      },
    };
  }

  /** Kills the relay: every connection breaks. */
  cutAll() {
    for (const socket of this.sockets.splice(0)) socket.breakOff();
  }

  async #fetch(path, init) {
    if (!this.serverUp) throw new TypeError('no server');
    if (path === '/api/targets') {
      this.looked++;
      return json(200, { targets: [{ id: 'pc', agent_online: this.agentUp }] });
    }
    if (path.startsWith('/api/meetings/')) return json(200, { declined: this.declined ?? null });
    this.asked++;
    this.request = { path, ...init };
    if (this.answer) return json(this.answer.status, this.answer.body, this.answer.headers);
    if (!this.agentUp) return json(503, { error: 'agent_offline' });
    return json(200, {
      meeting: toHex(MEETING),
      relay_url: 'wss://relay/relay',
      ticket: toBase64(new Uint8Array(8)),
      grant: toBase64(GRANT),
      agent_key: toBase64(this.agentKey),
      agent: toHex(AGENT),
      body: BODY,
      target: { id: 'pc', name: 'PC' },
      not_after: 2_000_000,
      now: this.clock.now,
    });
  }

  /** The agent's end of a meeting. */
  async serve(socket) {
    const handshake = Handshake.session({
      prologue: await prologue({
        meeting: MEETING,
        body: BODY,
        agent: AGENT,
        grant: this.handshakeGrant,
      }),
      key: this.agentKeys,
      initiator: false,
    });
    await handshake.read(await socket.next());
    socket.deliver(await handshake.write());
    const channel = await handshake.channel(Limits.agent);
    const peer = {
      received: [],
      socket,
      channel,
      send: async message => peer.raw(encodeToViewer(message)),
      raw: async bytes => (await channel.seal(bytes)).forEach(r => socket.deliver(r)),
      close: async (reason = 0) => (await channel.close(reason)).forEach(r => socket.deliver(r)),
      cut: () => socket.breakOff(),
    };
    this.peer = peer;
    for (;;) {
      const opened = await channel.open(await socket.next());
      if (opened.closed !== undefined) {
        peer.closed = opened.closed;
        return;
      }
      if (!opened.message) continue;
      const message = decodeToAgent(opened.message);
      peer.received.push(message);
      if (message.type === 'Hello' && this.autoWelcome) {
        await peer.send(this.welcome);
        await peer.send({ type: 'Screen', body: Uint8Array.of(0) });
      }
      if (message.type === 'Ping' && !this.deaf)
        await peer.send({ type: 'Pong', token: message.token });
    }
  }
}

/** The viewer's WebSocket, its relay, and the agent's socket behind it. */
class Socket {
  bufferedAmount = 0;
  #toAgent = [];
  #waiter = null;
  #open = false;
  #first = true;
  #dead = false;

  constructor(world) {
    this.world = world;
    setImmediate(() => {
      if (this.#dead) return;
      if (!world.relayUp) return this.breakOff();
      world.sockets.push(this);
      this.#open = true;
      this.onopen?.();
    });
  }

  send(bytes) {
    if (!this.#open || this.#dead) throw new Error('not open');
    if (this.#first) {
      this.#first = false;
      this.deliver(Uint8Array.of(this.world.relayByte ?? 0));
      if (this.world.agentUp && !this.world.declined) {
        setImmediate(() => {
          if (this.#dead) return;
          this.deliver(Uint8Array.of(1));
          this.world
            .serve(this)
            .catch(error => (error.message === 'gone' ? null : this.breakOff()));
        });
      }
      return;
    }
    this.#toAgent.push(bytes);
    this.#waiter?.();
  }

  /** What the agent reads. */
  async next() {
    while (!this.#toAgent.length) {
      if (this.#dead) throw new Error('gone');
      await new Promise(resolve => (this.#waiter = resolve));
    }
    return this.#toAgent.shift();
  }

  deliver(bytes) {
    if (!this.#dead)
      this.onmessage?.({ data: typeof bytes === 'string' ? bytes : bytes.slice().buffer });
  }

  close() {
    this.#dead = true;
    this.#waiter?.();
  }

  breakOff() {
    if (this.#dead) return;
    this.#dead = true;
    this.#waiter?.();
    this.onclose?.({ code: 1006 });
  }
}

const json = (status, body, headers = {}) => ({
  status,
  json: async () => body,
  headers: { get: name => headers[name] ?? null },
});
