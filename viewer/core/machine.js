// The states of a session at home. Pure: events and times in, commands out; no clock, no network,
// no randomness of its own.
//
//   idle -> asking -> connecting -> waiting -> handshaking -> desktop -> live
//             ^  (looking)                                                |
//             +--------------- lost: missing X, again at T <--------------+        signin | ended:
// reason
//
// Every try has a number; what an older try still reports is ignored.

/**
 * Longest time for each state of a try, in ms. The short ones grow with the tries, so that a slow
 * line gets its time too.
 */
const PATIENCE = {
  looking: [2000, 3000, 6000],
  asking: [2500, 4000, 8000],
  connecting: [2000, 3000, 6000],
  waiting: [2000, 2000, 3000, 6000, 10000],
  handshaking: [2500, 4000, 8000],
  desktop: [10000],
};
/** First pause after a break, its doubling and its end (ms): at once, 250, 500, 1000, 1000 ... */
const PAUSE_FIRST = 250;
const PAUSE_MOST = 1000;
/**
 * A ping so often (ms) while the page is seen and while it is not; no answer for SILENCE: the line
 * is dead.
 */
const PING_SEEN = 2000;
const PING_HIDDEN = 10000;
const SILENCE = 5000;
/** A session this long (ms) was a good one: counters start anew. */
const SETTLED = 10000;
/** So many refusals in the handshake, or broken seals, in a row are no accident. */
const HANDSHAKE_TRIES = 4;
const SEAL_TRIES = 3;
/**
 * Of so many looks for a missing agent one asks for the session after all: the answer there is the
 * one that counts.
 */
const LOOKS = 10;

/**
 * Reasons of wire message Ended (spec/wire.md). 7 (agent stopping) is not final: the agent comes
 * back.
 */
export const ENDED = {
  1: 'idle',
  2: 'period',
  3: 'revoked',
  4: 'administrator',
  5: 'taken_over',
  6: 'desktop_refused',
  7: 'agent_stopping',
  8: 'peer_misbehaved',
};

/** Why the day does not open the PC: each has words of its own. */
export const TELEWORK = new Set([
  'telework_none',
  'telework_waiting',
  'telework_not_approved',
  'telework_early',
  'telework_over',
]);

/** Why the agent said no (pairing's `Refusal`), as the page knows it; any other is `refused`. */
const DECLINED = {
  in_use: 'busy',
  busy: 'full',
  unknown_device: 'device_unknown',
  handshake: 'unproven',
};

/** Which part is missing when a state of a try fails. */
const MISSING = {
  looking: 'server',
  asking: 'server',
  connecting: 'relay',
  waiting: 'agent',
  handshaking: 'agent',
  desktop: 'desktop',
};

export class Machine {
  /** One of the states above. */
  state = 'idle';
  /**
   * What is missing while the session is lost or not yet there: null, 'line', 'network', 'server',
   * 'relay', 'agent', 'desktop'.
   */
  missing = null;
  /** Why it ended, when state is 'ended'. */
  reason = null;
  /** Number of the try under way. */
  attempt = 0;
  /** Whether a picture has been seen since the start. */
  seen = false;
  /** Time (ms) of the next try while lost. */
  retryAt = null;

  #rng;
  #commands = [];
  #deadline = null;
  #pingAt = null;
  #pinged = null; // when the ping without answer was sent
  #pauses = 0; // since the last good session
  #failures = {}; // by state, since the last good session
  #handshakes = 0;
  #seals = 0;
  #looks = 0;
  #liveSince = null;
  #visible = true;
  #online = true;
  #desktopLost = false;

  /** @param {{rng: () => number}} options rng: uniform in [0, 1) */
  constructor({ rng }) {
    this.#rng = rng;
  }

  /** What the page shows on the canvas: 'connecting' | 'live' | 'lost' | 'ended'. */
  get shown() {
    if (this.state === 'ended' || this.state === 'signin') return 'ended';
    if (this.state === 'live') return this.#desktopLost ? 'lost' : 'live';
    return this.seen ? 'lost' : 'connecting';
  }

  /** Next command: { do: 'look' | 'ask' | 'connect' | 'ping' | 'drop', attempt }, or null. */
  poll() {
    return this.#commands.shift() ?? null;
  }

  /** When `handle({ kind: 'time' })` is due (ms), or null. */
  timeout() {
    const times = [
      this.#deadline,
      this.#pingAt,
      this.state === 'lost' ? this.retryAt : null,
    ].filter(t => t !== null);
    return times.length ? Math.min(...times) : null;
  }

  /** Takes one event. `event.attempt`, where given, must be the current try's. */
  handle(event, now) {
    if (event.attempt !== undefined && event.attempt !== this.attempt) return;
    const final = this.state === 'ended' || this.state === 'signin';
    switch (event.kind) {
      case 'start':
        if (this.state === 'idle' || final) this.#start(now);
        break;
      case 'stop':
        this.#end('left');
        break;
      case 'time':
        this.#time(now);
        break;
      case 'visible':
        this.#visible = event.visible;
        if (event.visible) this.#hurry(now);
        break;
      case 'online':
        this.#online = event.online;
        if (event.online) this.#hurry(now);
        else if (this.state === 'lost') this.missing = 'network';
        break;
      default:
        if (!final) this.#progress(event, now);
    }
  }

  #progress(event, now) {
    switch (event.kind) {
      case 'looked': // what /api/targets says of the agent
        if (this.state !== 'looking') break;
        if (event.online) this.#enter('asking', 'ask', now);
        else this.#lose('agent', now);
        break;
      case 'answered':
        if (this.state === 'asking') this.#enter('connecting', 'connect', now);
        break;
      case 'refused':
        if (this.state === 'asking' || this.state === 'looking') this.#refused(event, now);
        break;
      case 'stage': // 'waiting' | 'handshaking' | 'desktop'
        this.#enter(event.stage, null, now);
        break;
      // The agent is there and looks after the desktop; from here on silence alone counts.
      case 'welcomed':
        if (this.state !== 'desktop') break;
        this.#deadline = null;
        this.#pingAt = now;
        break;
      case 'declined': // the agent said no before it came
        this.#declined(event.reason, now);
        break;
      case 'live':
        this.#live(now);
        break;
      case 'heard':
        if (this.#pinged !== null) this.#deadline = now + SILENCE;
        break;
      case 'pong':
        if (this.#pinged === null) break;
        this.#pinged = this.#deadline = null;
        this.#pingAt = now + (this.#visible ? PING_SEEN : PING_HIDDEN);
        break;
      case 'desktop': // Notice 3 and 4
        this.#desktopLost = !event.present;
        this.missing = event.present ? null : 'desktop';
        break;
      case 'broken':
        this.#broken(event, now);
        break;
      case 'ended':
        if (event.reason === 'agent_stopping') this.#lose('agent', now, PAUSE_FIRST);
        else this.#end(event.reason);
        break;
      default:
        throw new TypeError(`unknown event ${event.kind}`);
    }
  }

  #start(now) {
    this.reason = this.missing = null;
    this.#pauses = this.#handshakes = this.#seals = 0;
    this.#failures = {};
    this.#next(now);
  }

  /**
   * Begins a try. A missing agent is looked for first: cheaper than a grant that would not be used.
   */
  #next(now) {
    this.attempt++;
    this.retryAt = null;
    if (this.missing === 'agent' && (this.#failures.agent ?? 0) > 1 && ++this.#looks % LOOKS !== 0)
      this.#enter('looking', 'look', now);
    else this.#enter('asking', 'ask', now);
  }

  #enter(state, command, now) {
    this.state = state;
    const times = PATIENCE[state];
    this.#deadline = now + times[Math.min(this.#failures[state] ?? 0, times.length - 1)];
    if (command) this.#commands.push({ do: command, attempt: this.attempt });
  }

  #live(now) {
    this.state = 'live';
    this.seen = true;
    this.missing = null;
    this.#desktopLost = false;
    if (this.#pinged === null) this.#pingAt = now;
    this.#liveSince = now;
    this.#handshakes = 0;
  }

  #time(now) {
    if (this.state === 'lost' && this.retryAt !== null && now >= this.retryAt)
      return this.#next(now);
    if (this.#deadline !== null && now >= this.#deadline) {
      if (this.#pinged !== null) return this.#broken({ fault: 'silent' }, now);
      return this.#fail(MISSING[this.state], now);
    }
    if (this.#pingAt !== null && now >= this.#pingAt) {
      this.#pingAt = null;
      this.#pinged = now;
      this.#deadline = now + SILENCE;
      this.#commands.push({ do: 'ping', attempt: this.attempt });
    }
  }

  #refused({ status, code, retryAfter }, now) {
    if (status === 401) return this.#final('signin', 'signin');
    if (status === 429) return this.#lose('server', now, Math.max(PAUSE_MOST, retryAfter ?? 0));
    if (status === 503 && code === 'agent_offline') return this.#fail('agent', now);
    if (status === 0 || status >= 500) return this.#fail('server', now);
    if (
      code === 'device_unknown' ||
      code === 'device_revoked' ||
      code === 'unpaired' ||
      code === 'agent_key'
    )
      return this.#end(code);
    if (code === 'outside_period' || code === 'csrf' || TELEWORK.has(code)) return this.#end(code);
    if (status === 404) return this.#end('not_found');
    return this.#end('not_permitted');
  }

  /**
   * fault: 'closed' | 'truncated' | 'silent' (the line), 'seal' (a record or message 2 does not
   * verify), 'misbehaved' (signed nonsense), 'declined' (a signed no).
   */
  #broken({ fault }, now) {
    if (fault === 'misbehaved') return this.#end('peer_misbehaved');
    if (fault === 'declined') return this.#end('refused');
    if (this.state === 'live') {
      this.#settle(now);
      if (fault === 'seal' && ++this.#seals >= SEAL_TRIES) return this.#end('tampered');
      return this.#lose('line', now);
    }
    if (fault === 'seal' && ++this.#seals >= SEAL_TRIES) return this.#end('tampered');
    if (this.state === 'handshaking' && ++this.#handshakes >= HANDSHAKE_TRIES)
      return this.#end('unproven');
    this.#fail(
      this.state === 'desktop' && fault === 'silent' ? 'line' : (MISSING[this.state] ?? 'line'),
      now,
    );
  }

  /** `reason`: pairing's `Refusal` in snake case. */
  #declined(reason, now) {
    if (reason === 'no_relay' || reason === 'foreign_relay') return this.#fail('relay', now);
    if (reason === 'target_down') return this.#fail('desktop', now);
    if (reason === 'not_yet' || reason === 'expired') return this.#end('clock');
    this.#end(DECLINED[reason] ?? 'refused');
  }

  /** A good session behind us: pauses and counts start anew. */
  #settle(now) {
    if (this.#liveSince !== null && now - this.#liveSince >= SETTLED) {
      this.#pauses = this.#seals = 0;
      this.#failures = {};
    }
    this.#liveSince = null;
  }

  #fail(missing, now) {
    this.#failures[this.state] = (this.#failures[this.state] ?? 0) + 1;
    this.#failures[missing] = (this.#failures[missing] ?? 0) + 1;
    this.#lose(this.#online ? missing : 'network', now);
  }

  #lose(missing, now, atLeast = 0) {
    this.state = 'lost';
    this.missing = this.#online ? missing : 'network';
    this.#deadline = this.#pingAt = this.#pinged = null;
    this.#desktopLost = false;
    const pause =
      this.#pauses === 0
        ? 0
        : Math.min(PAUSE_MOST, PAUSE_FIRST * 2 ** (this.#pauses - 1)) * (0.8 + 0.2 * this.#rng());
    this.#pauses++;
    this.retryAt = now + Math.max(pause, atLeast);
    this.#commands.push({ do: 'drop', attempt: this.attempt });
  }

  /** The line came back or somebody looks: no more waiting. */
  #hurry(now) {
    if (this.state === 'lost' && this.retryAt !== null) this.retryAt = Math.min(this.retryAt, now);
    else if (this.state === 'live' && this.#pinged === null) this.#pingAt = now;
  }

  #end(reason) {
    this.#final('ended', reason);
  }

  #final(state, reason) {
    this.state = state;
    this.reason = reason;
    this.missing = null;
    this.retryAt = this.#deadline = this.#pingAt = this.#pinged = null;
    this.#desktopLost = false;
    this.#commands.push({ do: 'drop', attempt: this.attempt });
    this.attempt++; // what the ended try still reports is ignored
  }
}
