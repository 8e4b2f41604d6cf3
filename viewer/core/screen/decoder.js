// Frames to pixels, without a canvas: the twin of core/screen/src/decoder.rs. spec/screen.md.
import { DecodeError, Reader } from './coder.js';
import { Model } from './model.js';

export { DecodeError };

const RESET = 1, MOVES = 2, TILES = 4;
const TILE = 16, SIDE = 4, TOP = 2, MAX_SIDE = 8192, MAX_MOVES = 64;

const bitsFor = most => 32 - Math.clz32(most);

export class Decoder {
  constructor(maxPixels = 1 << 25) {
    this.maxPixels = maxPixels;
    this.frames = 0;
    this.width = this.height = 0;
    this.pixels = null;       // 0x00RRGGBB with a margin: see at()
  }

  /** The index of a pixel in `pixels`. */
  at(x, y) { return (y + TOP) * this.stride + x + SIDE; }

  /** Decodes one frame; returns the changed rectangles as [x, y, width, height]. Throws DecodeError, after which the session should end. */
  frame(bytes) {
    let at = 0;
    const u8 = () => { if (at >= bytes.length) throw new DecodeError('Truncated'); return bytes[at++]; };
    const u16 = () => u8() << 8 | u8();
    const flags = u8(), written = [];
    if (flags & ~(RESET | MOVES | TILES)) throw new DecodeError('Unknown');
    if (flags & RESET) {
      const width = u16(), height = u16();
      if (!width || !height) throw new DecodeError('OutOfBounds');
      if (width > MAX_SIDE || height > MAX_SIDE || width * height > this.maxPixels) throw new DecodeError('TooLarge');
      this.width = width;
      this.height = height;
      this.stride = width + 2 * SIDE;
      this.pixels = new Int32Array(this.stride * (height + TOP));
      this.model = new Model();
      written.push([0, 0, width, height]);
    }
    if (!this.pixels) throw new DecodeError('NoSize');
    if (flags & MOVES) {
      const count = u8();
      if (count > MAX_MOVES) throw new DecodeError('TooLarge');
      for (let i = 0; i < count; i++) {
        const step = [u16(), u16(), u16(), u16(), u16(), u16()];
        this.move(...step);
        written.push(step.slice(2));
      }
    }
    if (flags & TILES) this.tiles(bytes.subarray(at), written);
    else if (at !== bytes.length) throw new DecodeError('Corrupt');
    this.frames++;
    return written;
  }

  move(fromX, fromY, x, y, width, height) {
    if (!width || !height || Math.max(fromX, x) + width > this.width || Math.max(fromY, y) + height > this.height) throw new DecodeError('OutOfBounds');
    for (let i = 0; i < height; i++) {
      const row = fromY < y ? height - 1 - i : i, from = this.at(fromX, fromY + row);
      this.pixels.copyWithin(this.at(x, y + row), from, from + width);
    }
  }

  tiles(bytes, written) {
    const reader = new Reader(bytes), model = this.model;
    const allColumns = Math.ceil(this.width / TILE), allRows = Math.ceil(this.height / TILE);
    const bitsX = bitsFor(allColumns), bitsY = bitsFor(allRows);
    const left = reader.bits(bitsX), top = reader.bits(bitsY), columns = reader.bits(bitsX), rows = reader.bits(bitsY);
    if (left + columns > allColumns || top + rows > allRows) throw new DecodeError('OutOfBounds');
    let above = new Uint8Array(columns), set = new Uint8Array(columns);
    for (let row = top; row < top + rows; row++) {
      const runs = [], height = Math.min(TILE, this.height - row * TILE);
      for (let i = 0; i < columns; i++) {
        set[i] = reader.bin(model.tiles, (i > 0 ? set[i - 1] * 2 : 0) + above[i]);
        if (!set[i]) continue;
        const x = (left + i) * TILE, end = Math.min(x + TILE, this.width), last = runs[runs.length - 1];
        if (i > 0 && set[i - 1]) last[1] = end - last[0];
        else runs.push([x, end - x]);
      }
      for (let y = row * TILE; y < row * TILE + height; y++) {
        for (const [x, width] of runs) model.run(reader, this.pixels, this.stride, this.at(x, y), width);
        reader.check();
      }
      for (const [x, width] of runs) written.push([x, row * TILE, width, height]);
      [above, set] = [set, above];
    }
    reader.finish();
  }
}
