// Frames to pixels, without a canvas: the twin of core/screen/src/decoder.rs and tiles.rs.
// spec/screen.md.
import { DecodeError, Reader } from './coder.js';
import { Unpacked, readHeader } from './photo.js';
import { BEHIND, State, TILE } from './state.js';
import { Watermark } from './watermark.js';

export { DecodeError };

const RESET = 1,
  MOVES = 2,
  TILES = 4,
  PHOTOS = 8,
  VIDEO = 16,
  VIDEO_END = 32,
  MARK = 64;
const MAX_SIDE = 8192,
  MAX_MOVES = 64;
/** Largest picture in pixels: two screens of 3840 x 2160 side by side have fewer. */
export const MAX_PIXELS = 1 << 24;
// A tile's mode: the kind, above it the picture behind or the predictor, and above that whether it
// is coded by rows.
const KEEP = 0,
  RESTORE = 1,
  MODEL = 2,
  PHOTO = 3,
  ROWS = 16;
// How a row of a tile is told.
const PIXELS = 0,
  KEPT = 1,
  ABOVE = 2,
  UNKNOWN = 3;

/** A picture that nobody here can hold: not nonsense, and told as what it is. */
const tooLarge = () => Object.assign(new DecodeError('TooLarge'), { picture: true });

/** Memory that the browser does not give makes a picture too large, whatever its size. */
export function held(make) {
  try {
    return make();
  } catch (e) {
    throw e instanceof RangeError ? tooLarge() : e;
  }
}

const bitsFor = most => 32 - Math.clz32(most);

export class Decoder {
  constructor(maxPixels = MAX_PIXELS) {
    this.maxPixels = maxPixels;
    this.frames = 0;
    this.state = null;
    // the last picture of a video: { rect, key, unit } (H.264, Annex B), shown over the picture
    this.video = null;
  }

  get width() {
    return this.state?.width ?? 0;
  }
  get height() {
    return this.state?.height ?? 0;
  }
  /** 0x00RRGGBB with a margin: see at(). */
  get pixels() {
    return this.state?.pixels;
  }
  /** The index of a pixel in `pixels`. */
  at(x, y) {
    return this.state.at(x, y);
  }

  /**
   * Decodes one frame; returns the changed rectangles as [x, y, width, height]. Throws DecodeError,
   * after which the session should end.
   */
  frame(bytes) {
    let at = 0;
    const u8 = () => {
      if (at >= bytes.length) throw new DecodeError('Truncated');
      return bytes[at++];
    };
    const u16 = () => (u8() << 8) | u8();
    const flags = u8(),
      written = [];
    if (flags & 128) throw new DecodeError('Unknown');
    if (flags & RESET) {
      const width = u16(),
        height = u16();
      if (!width || !height) throw new DecodeError('OutOfBounds');
      if (width > MAX_SIDE || height > MAX_SIDE || width * height > this.maxPixels)
        throw tooLarge();
      this.state = held(() => new State(width, height));
      this.video = null;
      written.push([0, 0, width, height]);
    }
    const { state } = this;
    if (!state) throw new DecodeError('NoSize');
    state.begin();
    if (flags & MARK) {
      const width = u16(),
        height = u16(),
        contrast = u8(),
        length = u16() * 65536 + u16();
      if (length > bytes.length - at) throw new DecodeError('Truncated');
      const mask = bytes.subarray(at, (at += length));
      state.mark = width || height || length ? new Watermark(width, height, contrast, mask) : null;
    }
    if (flags & MOVES) {
      const count = u8();
      if (count > MAX_MOVES) throw new DecodeError('TooLarge');
      for (let i = 0; i < count; i++) {
        const fromX = u16(),
          fromY = u16(),
          x = u16(),
          y = u16(),
          width = u16(),
          height = u16();
        if (
          !width ||
          !height ||
          Math.max(fromX, x) + width > state.width ||
          Math.max(fromY, y) + height > state.height
        )
          throw new DecodeError('OutOfBounds');
        state.move(fromX, fromY, x, y, width, height);
        written.push([x, y, width, height]);
      }
    }
    if (flags & VIDEO_END) this.video = null;
    if (flags & VIDEO) {
      const rect = [u16(), u16(), u16(), u16()];
      if (
        !rect[2] ||
        !rect[3] ||
        rect[0] + rect[2] > state.width ||
        rect[1] + rect[3] > state.height ||
        (rect[2] | rect[3]) & 1
      )
        throw new DecodeError('OutOfBounds');
      const key = u8();
      if (key > 1) throw new DecodeError('Unknown');
      const length = u16() * 65536 + u16();
      if (length > bytes.length - at) throw new DecodeError('Truncated');
      this.video = { rect, key: key === 1, unit: bytes.subarray(at, (at += length)) };
    }
    let photos = null;
    if (flags & PHOTOS) {
      const length = u16() * 65536 + u16();
      if (length > bytes.length - at) throw new DecodeError('Truncated');
      photos = bytes.subarray(at, (at += length));
    }
    if (flags & TILES) this.tiles(bytes.subarray(at), photos, written);
    else if (at !== bytes.length || photos) throw new DecodeError('Corrupt');
    this.frames++;
    return written;
  }

  tiles(bytes, photos, written) {
    const { state } = this,
      { model, pixels, stride, width, height } = state;
    const reader = new Reader(bytes);
    const bitsX = bitsFor(state.columns),
      bitsY = bitsFor(state.rows);
    const left = reader.bits(bitsX),
      top = reader.bits(bitsY),
      columns = reader.bits(bitsX),
      rows = reader.bits(bitsY);
    if (left + columns > state.columns || top + rows > state.rows)
      throw new DecodeError('OutOfBounds');
    const expected = reader.bits(1) === 1;
    const modes = Array.from({ length: rows }, () => new Uint8Array(columns));
    for (let r = 0; r < rows; r++) {
      const row = top + r,
        own = modes[r],
        above = r ? modes[r - 1] : null;
      for (let i = 0; i < columns; i++) {
        const mode = (own[i] = readMode(
            reader,
            model,
            i ? own[i - 1] : KEEP,
            above ? above[i] : KEEP,
            expected,
          )),
          column = left + i;
        switch (mode & 3) {
          case RESTORE:
            state.refer(column, row, mode >> 2);
            state.touch(column, row);
            state.restore(column, row);
            written.push([
              column * TILE,
              row * TILE,
              Math.min(TILE, width - column * TILE),
              Math.min(TILE, height - row * TILE),
            ]);
            break;
          case MODEL:
            state.refer(column, row, (mode >> 2) & 3);
            state.touch(column, row);
            break;
          case PHOTO:
            state.touch(column, row);
        }
      }
      const runs = runsOf(own, left, width, MODEL);
      if (runs.length) {
        state.hits.fill(1);
        state.parts.fill(UNKNOWN);
        for (let y = row * TILE; y < Math.min((row + 1) * TILE, height); y++) {
          for (const [x, size] of runs) {
            const end = x + size;
            for (let from = x, to; from < end; from = to) {
              to = from + TILE;
              if (own[from / TILE - left] & ROWS) {
                to = Math.min(to, end);
                this.row(reader, from, y, to - from);
                continue;
              }
              while (to < end && !(own[to / TILE - left] & ROWS)) to += TILE;
              to = Math.min(to, end);
              model.run(
                reader,
                pixels,
                state.reference,
                stride,
                state.at(from, y),
                to - from,
                state.hits,
                from,
              );
            }
          }
          reader.check();
        }
        for (const [x, size] of runs)
          written.push([x, row * TILE, size, Math.min(TILE, height - row * TILE)]);
      } else reader.check();
    }
    const header = expected ? readHeader(reader, model.photo) : null;
    reader.finish();
    if (expected !== (photos !== null)) throw new DecodeError('Corrupt');
    if (expected) this.photos(new Unpacked(photos, header), modes, left, top, written);
  }

  /** Decodes `size` pixels of one row of a tile that is coded by rows, from (x, y) on. */
  row(reader, x, y, size) {
    const { state } = this,
      { pixels, reference, hits, parts, model, stride } = state;
    const at = state.at(x, y),
      end = at + size,
      i = x / TILE + 1;
    const context = parts[i] * 4 + parts[i - 1];
    const part = (parts[i] = reader.bin(model.kept, context)
      ? KEPT
      : reader.bin(model.above, context)
        ? ABOVE
        : PIXELS);
    if (part === KEPT) {
      for (let k = at, h = x + 1; k < end; k++, h++) {
        pixels[k] = reference[k];
        hits[h] = 1;
      }
    } else if (part === ABOVE) {
      for (let k = at, h = x + 1; k < end; k++, h++) {
        const c = (pixels[k] = pixels[k - stride]);
        hits[h] = c === reference[k] ? 1 : 0;
      }
    } else model.run(reader, pixels, reference, stride, at, size, hits, x);
  }

  photos(unpacked, modes, left, top, written) {
    const { state } = this,
      { pixels, stride, width, height } = state;
    modes.forEach((own, r) => {
      const runs = runsOf(own, left, width, PHOTO),
        from = (top + r) * TILE,
        to = Math.min(from + TILE, height);
      if (!runs.length) return;
      for (let y = from; y < to; y++) {
        for (const [x, size] of runs)
          for (let i = x; i < x + size; i += TILE)
            unpacked.run(
              pixels,
              stride,
              state.at(i, y),
              Math.min(TILE, x + size - i),
              own[i / TILE - left] >> 2,
            );
        unpacked.check();
      }
      for (const [x, size] of runs) written.push([x, from, size, to - from]);
    });
    unpacked.finish();
  }
}

/** What happens to a tile. */
function readMode(reader, model, beside, above, photos) {
  const context = (beside & 3) * 4 + (above & 3);
  if (!reader.bin(model.tiles, context)) return KEEP;
  if (photos && reader.bin(model.tiles, 16 + context)) {
    const before = (beside & 3) === PHOTO ? (beside >> 2) + 1 : 0;
    return PHOTO | (Math.min(reader.tree(model.photo.predictor, before * 4, 2), 2) << 2);
  }
  if (reader.bin(model.tiles, 32 + context))
    return RESTORE | ((Math.min(reader.tree(model.restore, 0, 2), BEHIND - 1) + 1) << 2);
  const before = (beside & 3) === MODEL ? ((beside >> 2) & 3 ? 2 : 1) : 0;
  const which = reader.tree(model.reference, before * 4, 2),
    rows = mode => ((mode & 3) === MODEL ? (mode & ROWS ? 2 : 1) : 0);
  return MODEL | (which << 2) | (reader.bin(model.rows, rows(beside) * 3 + rows(above)) ? ROWS : 0);
}

/** The runs of tiles of a kind in a row: left edge and width in pixels. */
function runsOf(modes, left, width, kind) {
  const runs = [];
  for (let i = 0; i < modes.length; i++) {
    if ((modes[i] & 3) !== kind) continue;
    const x = (left + i) * TILE,
      end = Math.min(x + TILE, width),
      last = runs[runs.length - 1];
    if (last && last[0] + last[1] === x) last[1] = end - last[0];
    else runs.push([x, end - x]);
  }
  return runs;
}
