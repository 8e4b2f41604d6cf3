// Mouse, wheel and touch: events in, pointer and wheel messages out. Pure: places in CSS pixels,
// times in ms.

/**
 * The wire's button bits (left 1, middle 2, right 4, back 8, forward 16) from MouseEvent.buttons
 * (left 1, right 2, middle 4, 8, 16).
 */
export const buttonsOf = buttons =>
  (buttons & 1) | ((buttons & 4) >> 1) | ((buttons & 2) << 1) | (buttons & 24);

/**
 * Size of the canvas on the page, in CSS px: 1:1 is a whole number of device pixels to each pixel
 * of the desktop, `fit` never enlarges.
 */
export function sizeOn({ remote, stage, ratio, mode, zoom = 1 }) {
  const unit = Math.max(1, Math.floor(ratio)) / ratio;
  const fit =
    mode === 'fit'
      ? Math.min(1, stage.width / (remote.width * unit), stage.height / (remote.height * unit))
      : 1;
  return { width: remote.width * unit * fit * zoom, height: remote.height * unit * fit * zoom };
}

/**
 * The desktop size that fills a stage 1:1, in pixels; the limits keep it usable on a phone and
 * payable on a wall.
 */
export function wishFor({ stage, ratio }) {
  const unit = Math.max(1, Math.floor(ratio));
  const side = (css, least, most) =>
    Math.max(least, Math.min(most, Math.floor((css * ratio) / unit + 1e-6)));
  return { width: side(stage.width, 800, 3840) & ~1, height: side(stage.height, 600, 2160) & ~1 };
}

/** The desktop's pixel under a place of the page, inside the desktop. */
export function pixelAt(rect, remote, x, y) {
  const side = (at, size, pixels) =>
    size > 0 ? Math.max(0, Math.min(pixels - 1, Math.floor((at / size) * pixels))) : 0;
  return {
    x: side(x - rect.left, rect.width, remote.width),
    y: side(y - rect.top, rect.height, remote.height),
  };
}

/** Pixels of a trackpad to a notch, lines and pages to a notch. */
const PIXELS = 100;
const LINES = 3;
const NOTCH = 120;
const WHEEL_MOST = 0x7fff;

/** Gathers wheel events into whole 1/120 notches. */
export class Wheel {
  #x = 0;
  #y = 0;

  /** @returns {{dx: number, dy: number} | null} */
  add({ deltaX = 0, deltaY = 0, deltaMode = 0, wheelDeltaX, wheelDeltaY }) {
    this.#x = gather(this.#x, notches(deltaX, deltaMode, wheelDeltaX));
    this.#y = gather(this.#y, notches(deltaY, deltaMode, wheelDeltaY));
    const dx = Math.trunc(this.#x);
    const dy = Math.trunc(this.#y);
    this.#x -= dx;
    this.#y -= dy;
    const clamp = v => Math.max(-WHEEL_MOST, Math.min(WHEEL_MOST, v));
    return dx || dy ? { dx: clamp(dx), dy: clamp(dy) } : null;
  }
}

/** A turn back forgets the rest of the turn before it. */
const gather = (rest, more) => (rest * more < 0 ? more : rest + more);

function notches(delta, mode, legacy) {
  if (!Number.isFinite(delta) || delta === 0) return 0;
  // A wheel with notches says so here, whatever the system makes of a notch in pixels.
  if (mode === 0 && legacy && legacy % NOTCH === 0) return -legacy;
  if (mode === 1) return (delta / LINES) * NOTCH;
  return mode === 2 ? delta * NOTCH : (delta / PIXELS) * NOTCH;
}

/** Touch: how far (CSS px) a finger may stray in a tap, how long (ms) a press is long. */
const STRAY = 10;
const LONG = 500;
/**
 * Two fingers: change of their distance that means zooming, way of their middle that means
 * scrolling.
 */
const PINCH = 24;
const SCROLL = 12;
/** Way of two fingers to one notch. */
const SWIPE = 50;

/**
 * Fingers: tap = left, long press = right, drag = left held, two fingers = scroll (pan when the
 * picture is larger than
 * its stage) or zoom.
 */
export class Touch {
  #fingers = new Map(); // id -> {x, y}
  #state = 'none'; // none | one (may be a tap) | drag | spent | two | scroll | pan | zoom
  #start = null;
  #longAt = null;
  #distance = 0;
  #middle = null;

  /** When `time` is due, or null. */
  timeout() {
    return this.#longAt;
  }

  /** The press became long. */
  time(now) {
    if (this.#longAt === null || now < this.#longAt) return [];
    this.#longAt = null;
    this.#state = 'spent';
    const { x, y } = this.#start;
    return [
      { do: 'point', x, y, buttons: 0 },
      { do: 'point', x, y, buttons: 4 },
      { do: 'point', x, y, buttons: 0 },
      { do: 'felt' },
    ];
  }

  /**
   * @param {{type: 'down'|'move'|'up'|'cancel', id: number, x: number, y: number}} event
   * @param {boolean} larger whether the picture is larger than its stage
   * @returns {object[]} { do: 'point', x, y, buttons } | { do: 'wheel', x, y, dx, dy } (CSS px) | {
   *   do: 'pan', dx, dy } | { do: 'zoom', factor, x, y } | { do: 'felt' }
   */
  handle(event, now, larger = false) {
    if (event.type === 'down') return this.#down(event, now);
    if (!this.#fingers.has(event.id)) return [];
    return event.type === 'move' ? this.#move(event, larger) : this.#up(event);
  }

  #down({ id, x, y }, now) {
    const out = [];
    this.#fingers.set(id, { x, y });
    if (this.#fingers.size === 1) {
      this.#state = 'one';
      this.#start = { x, y };
      this.#longAt = now + LONG;
    } else if (this.#fingers.size === 2 && this.#state !== 'spent') {
      if (this.#state === 'drag') out.push({ do: 'point', ...this.#start, buttons: 0 });
      this.#longAt = null;
      this.#state = 'two';
      ({ distance: this.#distance, middle: this.#middle } = this.#pair());
    } else {
      this.#longAt = null;
      this.#state = 'spent';
    }
    return out;
  }

  #move({ id, x, y }, larger) {
    this.#fingers.set(id, { x, y });
    if (this.#state === 'one') {
      if (Math.hypot(x - this.#start.x, y - this.#start.y) <= STRAY) return [];
      this.#longAt = null;
      this.#state = 'drag';
      const from = this.#start;
      this.#start = { x, y };
      return [
        { do: 'point', ...from, buttons: 0 },
        { do: 'point', ...from, buttons: 1 },
        { do: 'point', x, y, buttons: 1 },
      ];
    }
    if (this.#state === 'drag') {
      this.#start = { x, y };
      return [{ do: 'point', x, y, buttons: 1 }];
    }
    return this.#fingers.size === 2 ? this.#two(larger) : [];
  }

  #two(larger) {
    const { distance, middle } = this.#pair();
    const dx = middle.x - this.#middle.x;
    const dy = middle.y - this.#middle.y;
    if (this.#state === 'two') {
      if (Math.abs(distance - this.#distance) > PINCH) this.#state = 'zoom';
      else if (Math.hypot(dx, dy) > SCROLL) this.#state = larger ? 'pan' : 'scroll';
      else return [];
    }
    const out = [];
    if (this.#state === 'scroll')
      out.push({ do: 'wheel', ...middle, dx: (-dx / SWIPE) * PIXELS, dy: (-dy / SWIPE) * PIXELS });
    if (this.#state === 'zoom' && this.#distance > 0)
      out.push({ do: 'zoom', factor: distance / this.#distance, ...middle });
    if (this.#state === 'zoom' || this.#state === 'pan') out.push({ do: 'pan', dx: -dx, dy: -dy });
    this.#distance = distance;
    this.#middle = middle;
    return out;
  }

  #up({ id, type, x, y }) {
    const { x: lastX, y: lastY } = this.#fingers.get(id);
    this.#fingers.delete(id);
    const state = this.#state;
    this.#longAt = null;
    this.#state = this.#fingers.size ? 'spent' : 'none';
    if (state === 'drag') return [{ do: 'point', x: lastX, y: lastY, buttons: 0 }];
    if (state !== 'one' || type === 'cancel') return [];
    const at = { x: x ?? lastX, y: y ?? lastY };
    return [
      { do: 'point', ...at, buttons: 0 },
      { do: 'point', ...at, buttons: 1 },
      { do: 'point', ...at, buttons: 0 },
    ];
  }

  #pair() {
    const [a, b] = [...this.#fingers.values()];
    return {
      distance: Math.hypot(a.x - b.x, a.y - b.y),
      middle: { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 },
    };
  }
}
