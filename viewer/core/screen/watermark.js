// The mark burnt into the picture: both ends know where its strokes are, so that they stay in their
// place when pixels move. It can only be put on, never taken off: what a stroke hid is not in the
// stream. The twin of core/screen/src/watermark.rs. spec/screen.md, "watermark".
import { DecodeError, Reader, slots } from './coder.js';

const MAX_SIDE = 2048;

export class Watermark {
  constructor(width, height, contrast, bytes) {
    if (!width || !height || width > MAX_SIDE || height > MAX_SIDE)
      throw new DecodeError('TooLarge');
    if (contrast < 1 || contrast > 128) throw new DecodeError('OutOfBounds');
    this.width = width;
    this.height = height;
    this.contrast = contrast;
    const mask = (this.mask = new Uint8Array(width * height)),
      reader = new Reader(bytes),
      table = slots(64);
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) {
        const seen = (dx, dy) =>
          x + dx >= 0 && x + dx < width && dy <= y ? mask[(y - dy) * width + x + dx] : 0;
        const context =
          seen(-1, 0) |
          (seen(-2, 0) << 1) |
          (seen(0, 1) << 2) |
          (seen(-1, 1) << 3) |
          (seen(1, 1) << 4) |
          (seen(0, 2) << 5);
        mask[y * width + x] = reader.bin(table, context);
      }
    reader.finish();
  }

  covers(x, y) {
    return this.mask[(y % this.height) * this.width + (x % this.width)];
  }

  blend(color) {
    const r = (color >> 16) & 240,
      g = (color >> 8) & 240,
      b = color & 240,
      { contrast } = this;
    if (2 * ((color >> 16) & 255) + 5 * ((color >> 8) & 255) + (color & 255) >= 8 * 128)
      return (
        ((r > contrast ? r - contrast : 0) << 16) |
        ((g > contrast ? g - contrast : 0) << 8) |
        (b > contrast ? b - contrast : 0)
      );
    return (
      (Math.min(r + contrast, 255) << 16) |
      (Math.min(g + contrast, 255) << 8) |
      Math.min(b + contrast, 255)
    );
  }

  /**
   * Carries out a move: the strokes stay. `under` remembers colours below them that were seen
   * elsewhere before.
   */
  move(state, fromX, fromY, toX, toY, width, height) {
    const { pixels, under } = state;
    let last = new Int32Array(width),
      row = new Int32Array(width);
    for (let k = 0; k < height; k++) {
      const i = fromY < toY ? height - 1 - k : k,
        y = toY + i,
        sourceY = fromY + i;
      const from = state.at(fromX, sourceY),
        to = state.at(toX, y);
      for (let x = 0; x < width; x++) {
        const color = pixels[from + x];
        if (!this.covers(fromX + x, sourceY)) row[x] = color;
        else if (this.blend(under[from + x]) === color) row[x] = under[from + x];
        else if (x === 0) row[x] = last[0];
        else row[x] = row[x - 1] === last[x - 1] ? last[x] : row[x - 1];
      }
      for (let x = 0; x < width; x++)
        if (this.covers(toX + x, y)) {
          under[to + x] = row[x];
          pixels[to + x] = this.blend(row[x]);
        } else pixels[to + x] = row[x];
      [last, row] = [row, last];
    }
  }
}
