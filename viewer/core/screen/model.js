// What the coder expects of a pixel: the decoder's twin of core/screen/src/model.rs.
// spec/screen.md, "pixels".
import { slots } from './coder.js';
import { HeaderModel } from './photo.js';

const GOLD = 0x9e3779b1 | 0,
  TRUST = 7;
const BITS = [17, 16, 14];
const NEAR = [0, 1, 2, 2, 3, 3, 3, 3];

const grey = c => ((c & 0xffff) === c >>> 8 ? 1 : 0);

export class Model {
  constructor() {
    [this.large, this.middle, this.small] = BITS.map(bits => new Int32Array(1 << bits));
    this.steady = slots(512);
    this.first = slots(2048);
    this.second = slots(64);
    this.third = slots(64);
    this.near = slots(16);
    this.grey = slots(8);
    this.value = slots(64 * 256);
    this.residual = slots(3 * 6 * 256);
    this.tiles = slots(64);
    this.restore = slots(4);
    this.reference = slots(12);
    this.rows = slots(9);
    this.kept = slots(16);
    this.above = slots(16);
    this.photo = new HeaderModel();
  }

  /**
   * Decodes `width` pixels from index `at` on into `px`; `hits` says which pixels were equal to
   * their reference, from column `x` on.
   */
  run(reader, px, reference, stride, at, width, hits, x) {
    const { large, middle, small, steady, first, second, third, near } = this;
    for (const end = at + width; at < end; at++, x++) {
      const up = at - stride;
      const w = px[at - 1],
        ww = px[at - 2],
        www = px[at - 3];
      const n = px[up],
        nw = px[up - 1],
        ne = px[up + 1],
        nee = px[up + 2];
      const nww = px[up - 2],
        nn = px[up - stride],
        nne = px[up - stride + 1],
        old = reference[at];
      let h = w;
      h = Math.imul(((h << 9) | (h >>> 23)) ^ n, GOLD);
      h = Math.imul(((h << 9) | (h >>> 23)) ^ nw, GOLD);
      h = Math.imul(((h << 9) | (h >>> 23)) ^ ne, GOLD);
      const i2 = h >>> 18;
      h = Math.imul(((h << 9) | (h >>> 23)) ^ ww, GOLD);
      h = Math.imul(((h << 9) | (h >>> 23)) ^ nn, GOLD);
      const i1 = h >>> 16;
      h = Math.imul(((h << 9) | (h >>> 23)) ^ www, GOLD);
      h = Math.imul(((h << 9) | (h >>> 23)) ^ nee, GOLD);
      h = Math.imul(((h << 9) | (h >>> 23)) ^ nww, GOLD);
      h = Math.imul(((h << 9) | (h >>> 23)) ^ nne, GOLD);
      const i0 = h >>> 15;
      const e0 = large[i0],
        e1 = middle[i1],
        e2 = small[i2];
      const c0 = e0 & 0xffffff,
        c1 = e1 & 0xffffff,
        c2 = e2 & 0xffffff;
      const t0 = e0 >>> 24,
        t1 = e1 >>> 24,
        t2 = e2 >>> 24;
      const rest = (w === n ? 1 : 0) + (n === nw && n === ne ? 2 : 0),
        sure = hits[x] + hits[x + 1] + hits[x + 2];
      const context =
        (((t0 * 4 + (t1 >> 1)) * 2 + (c0 === c1 ? 1 : 0)) * 4 + rest) * 2 + (c0 === old ? 1 : 0);
      let out;
      if (sure === 3 && reader.bin(steady, context)) out = old;
      else {
        const not = sure === 3 ? old : -1; // already refused
        if (c0 !== not && reader.bin(first, context + 512 * sure)) out = c0;
        else if (c1 !== c0 && c1 !== not && reader.bin(second, t1 * 2 + (c1 === c2 ? 1 : 0)))
          out = c1;
        else if (
          c2 !== c0 &&
          c2 !== c1 &&
          c2 !== not &&
          reader.bin(third, t2 * 4 + (c2 === w ? 2 : 0) + (c2 === n ? 1 : 0))
        )
          out = c2;
        else {
          const same = w === n ? 1 : 0;
          if (
            sure !== 3 &&
            old !== c0 &&
            old !== c1 &&
            old !== c2 &&
            reader.bin(near, sure * 2 + same)
          )
            out = old;
          else if (w !== old && w !== c0 && w !== c1 && w !== c2 && reader.bin(near, 8 + same))
            out = w;
          else if (n !== w && n !== old && n !== c0 && n !== c1 && n !== c2 && reader.bin(near, 10))
            out = n;
          else out = this.color(reader, w, n, nw);
        }
      }
      hits[x + 1] = out === old ? 1 : 0;
      large[i0] = c0 === out ? out | ((t0 < TRUST ? t0 + 1 : t0) << 24) : out;
      middle[i1] = c1 === out ? out | ((t1 < TRUST ? t1 + 1 : t1) << 24) : out;
      small[i2] =
        c2 === out
          ? out | ((t2 < TRUST ? t2 + 1 : t2) << 24)
          : t2 > 2
            ? c2 | ((t2 >> 1) << 24)
            : out;
      px[at] = out;
    }
  }

  /** A colour as numbers. */
  color(reader, w, n, nw) {
    if (reader.bin(this.grey, grey(w) * 2 + grey(n)))
      return reader.tree(this.value, ((((w >> 13) & 7) << 3) | ((n >> 13) & 7)) << 8, 8) * 0x010101;
    let out = 0,
      above = 0;
    for (let i = 0, shift = 8; i < 3; i++, shift = i === 1 ? 16 : 0) {
      const a = (w >> shift) & 255,
        b = (n >> shift) & 255,
        c = (nw >> shift) & 255;
      const low = a < b ? a : b,
        high = a < b ? b : a;
      let plane = a + b - c;
      plane = plane < low ? low : plane > high ? high : plane;
      let guess = plane + above;
      guess = guess < 0 ? 0 : guess > 255 ? 255 : guess;
      const spread = Math.max(high - low, Math.abs(plane - c));
      const context =
        i * 6 + NEAR[spread < 7 ? spread : 7] + (spread > 16 ? 1 : 0) + (spread > 48 ? 1 : 0);
      const folded = reader.tree(this.residual, context << 8, 8);
      const channel = (guess + ((folded >> 1) ^ -(folded & 1))) & 255;
      if (i === 0) above = channel - plane;
      out |= channel << shift;
    }
    return out;
  }
}
