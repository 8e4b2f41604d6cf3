// What both ends know: the picture, what was behind it, and the model: the twin of
// core/screen/src/state.rs.
import { Model } from './model.js';

export const TILE = 16,
  SIDE = 4,
  TOP = 2,
  BEHIND = 3;
const SETTLED = 12;

export class State {
  constructor(width, height) {
    this.width = width;
    this.height = height;
    this.stride = width + 2 * SIDE;
    this.columns = Math.ceil(width / TILE);
    this.rows = Math.ceil(height / TILE);
    const plane = () => new Int32Array(this.stride * (height + TOP));
    this.pixels = plane();
    this.behind = Array.from({ length: BEHIND }, plane);
    this.reference = plane();
    this.under = plane();
    this.mark = null;
    this.hits = new Uint8Array(width + 2).fill(1);
    this.parts = new Uint8Array(this.columns + 1);
    this.model = new Model();
    this.frame = 0;
    this.changed = new Uint32Array(this.columns * this.rows);
    this.turn = new Uint8Array(this.columns * this.rows);
  }

  at(x, y) {
    return (y + TOP) * this.stride + x + SIDE;
  }

  begin() {
    this.frame = (this.frame + 1) >>> 0;
  }

  /** A tile is about to change: what stood there for a while is remembered. */
  touch(column, row) {
    const i = row * this.columns + column;
    if (
      (this.frame - this.changed[i]) >>> 0 >= SETTLED &&
      !this.behind.some(plane => this.same(plane, column, row))
    ) {
      this.copy(this.pixels, this.behind[this.turn[i]], column, row);
      this.turn[i] = (this.turn[i] + 1) % BEHIND;
    }
    this.changed[i] = this.frame;
  }

  /** Carries out a move inside the picture. */
  move(fromX, fromY, x, y, width, height) {
    for (let row = y >> 4; row * TILE < y + height; row++)
      for (let column = x >> 4; column * TILE < x + width; column++) this.touch(column, row);
    if (this.mark) return this.mark.move(this, fromX, fromY, x, y, width, height);
    for (let i = 0; i < height; i++) {
      const row = fromY < y ? height - 1 - i : i,
        from = this.at(fromX, fromY + row);
      this.pixels.copyWithin(this.at(x, y + row), from, from + width);
    }
  }

  /** Makes a tile of the reference: the present picture (0) or one of those behind. */
  refer(column, row, which) {
    this.copy(which ? this.behind[which - 1] : this.pixels, this.reference, column, row);
  }

  /** Makes a tile of the picture equal to the reference. */
  restore(column, row) {
    this.copy(this.reference, this.pixels, column, row);
  }

  copy(from, to, column, row) {
    const { at, width, height } = this.box(column, row);
    for (let y = 0, i = at; y < height; y++, i += this.stride)
      for (let k = i; k < i + width; k++) to[k] = from[k];
  }

  same(plane, column, row) {
    const { pixels } = this,
      { at, width, height } = this.box(column, row);
    for (let y = 0, i = at; y < height; y++, i += this.stride)
      for (let k = i; k < i + width; k++) if (plane[k] !== pixels[k]) return false;
    return true;
  }

  box(column, row) {
    const x = column * TILE,
      y = row * TILE;
    return {
      at: this.at(x, y),
      width: Math.min(TILE, this.width - x),
      height: Math.min(TILE, this.height - y),
    };
  }
}
