// The desktop's pointer shape as the page's own pointer: drawn once, kept as a blob: image.

/** Shapes remembered; desktops use a dozen. */
const KEPT = 24;
/** Less opaque than this (of 255) is not seen. */
const SEEN = 32;
/**
 * Shown where the desktop shows no pointer: whoever works there must find it. White around black.
 */
const DOT = { hotX: 2, hotY: 2, width: 5, height: 5, rgba: dot() };

export class CursorShape {
  #canvas;
  #shapes = new Map(); // content -> CSS value
  #wanted = null;

  constructor(canvas) {
    this.#canvas = canvas;
  }

  /** Takes a Cursor message (wire.js). */
  async show(message) {
    const { hotX, hotY, width, height, rgba } = isSeen(message.rgba) ? message : DOT;
    const key = `${hotX},${hotY},${width},${height},${hash(rgba)}`;
    const known = this.#shapes.get(key);
    this.#wanted = key;
    if (known) return this.#set(known, key);
    const value = await draw(hotX, hotY, width, height, rgba);
    this.#shapes.set(key, value);
    if (this.#shapes.size > KEPT) {
      const [oldest, old] = this.#shapes.entries().next().value;
      this.#shapes.delete(oldest);
      URL.revokeObjectURL(old.slice(5, old.indexOf('"', 5)));
    }
    if (this.#wanted === key) this.#set(value, key);
  }

  reset() {
    this.#set('');
  }

  #set(value, key = null) {
    this.#wanted = key;
    this.#canvas.style.cursor = value;
  }
}

/** Whether a shape shows anything. */
export function isSeen(rgba) {
  for (let i = 3; i < rgba.length; i += 4) if (rgba[i] >= SEEN) return true;
  return false;
}

function dot() {
  const rgba = new Uint8Array(5 * 5 * 4);
  for (let y = 0; y < 5; y++) {
    for (let x = 0; x < 5; x++) {
      const inside = x % 4 && y % 4;
      if (inside || x % 4 || y % 4)
        rgba.set(inside ? [0, 0, 0, 255] : [255, 255, 255, 255], (y * 5 + x) * 4);
    }
  }
  return rgba;
}

async function draw(hotX, hotY, width, height, rgba) {
  const surface = new OffscreenCanvas(width, height);
  surface
    .getContext('2d')
    .putImageData(new ImageData(new Uint8ClampedArray(rgba), width, height), 0, 0);
  const url = URL.createObjectURL(await surface.convertToBlob({ type: 'image/png' }));
  return `url("${url}") ${Math.min(hotX, width - 1)} ${Math.min(hotY, height - 1)}, default`;
}

/** FNV-1a over the pixels, and their number: enough to tell a desktop's shapes apart. */
function hash(bytes) {
  let h = 0x811c9dc5;
  for (const b of bytes) h = Math.imul(h ^ b, 0x01000193);
  return (h >>> 0).toString(16);
}
