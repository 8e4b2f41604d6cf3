// Tiles with many colours: the decoder's twin of core/screen/src/photo.rs. spec/screen.md,
// "photographs".
import { DecodeError, slots } from './coder.js';

const SCALE = 12,
  LOW = 1 << 15,
  TABLES = 24;
const CLASS = new Uint8Array(64);
for (let i = 0; i < 64; i++)
  CLASS[i] = [2, 4, 7, 11, 16, 24, 40].filter(bound => i >= bound).length;

export class HeaderModel {
  constructor() {
    this.used = slots(1);
    this.length = slots(14 * 16);
    this.predictor = slots(16);
  }
}

/** Reads weights and frequencies. */
export function readHeader(reader, model) {
  const weights = [0, 0, 0].map(() => reader.bits(7) - 64),
    frequencies = [];
  for (let t = 0; t < TABLES; t++) {
    const table = new Uint16Array(256);
    frequencies.push(table);
    if (!reader.bin(model.used, 0)) continue;
    let before = 0,
      left = 1 << SCALE;
    for (let s = 0; s < 256 && left > 0; s++) {
      const length = reader.tree(model.length, before * 16, 4);
      if (length > 13) throw new DecodeError('Corrupt');
      const value = length > 1 ? (1 << (length - 1)) | reader.bits(length - 1) : length;
      if (value > left) throw new DecodeError('Corrupt');
      left -= value;
      table[s] = value;
      before = length;
    }
    if (left) throw new DecodeError('Corrupt');
  }
  return { weights, frequencies };
}

export class Unpacked {
  constructor(bytes, { weights, frequencies }) {
    if (bytes.length < 12) throw new DecodeError('Truncated');
    this.bytes = bytes;
    this.at = 12;
    // One state a channel, so that the processor need not wait for one to decode the next.
    this.states = [0, 4, 8].map(
      i => (bytes[i] << 24) | (bytes[i + 1] << 16) | (bytes[i + 2] << 8) | bytes[i + 3],
    );
    if (this.states.some(state => state < LOW)) throw new DecodeError('Corrupt');
    this.weights = weights;
    const table = (this.table = new Int32Array(TABLES << SCALE));
    for (let t = 0, at = 0; t < TABLES; t++) {
      for (let s = 0; s < 256; s++) {
        const frequency = frequencies[t][s];
        for (let offset = 0; offset < frequency; offset++)
          table[at++] = s | ((frequency - 1) << 8) | (offset << 20);
      }
      while (at < (t + 1) << SCALE) {
        table[at] = (4095 << 8) | ((at & 4095) << 20);
        at++;
      }
    }
  }

  check() {
    if (this.at > this.bytes.length) throw new DecodeError('Truncated');
  }

  finish() {
    this.check();
    if (this.at !== this.bytes.length || this.states.some(state => state !== LOW))
      throw new DecodeError('Corrupt');
  }

  /** Decodes `width` pixels of a row from index `i` on. */
  run(px, stride, i, width, predictor) {
    const { table, bytes } = this,
      [red, blueGreen, blueRed] = this.weights;
    let [greenState, redState, blueState] = this.states,
      at = this.at;
    for (const end = i + width; i < end; i++) {
      const w = px[i - 1],
        n = px[i - stride],
        nw = px[i - stride - 1],
        ne = px[i - stride + 1];
      const gw = (w >> 8) & 255,
        gn = (n >> 8) & 255,
        gnw = (nw >> 8) & 255,
        gne = (ne >> 8) & 255;
      const rw = w >> 16,
        rn = n >> 16,
        bw = w & 255,
        bn = n & 255;
      let a = gw - gnw,
        b = gn - gnw,
        c = gn - gne;
      const activity = (a < 0 ? -a : a) + (b < 0 ? -b : b) + (c < 0 ? -c : c);
      let g, r, p;
      if (predictor === 0) {
        g = (gw + gn) >> 1;
        r = (rw + rn) >> 1;
        p = (bw + bn) >> 1;
      } else {
        const rnw = nw >> 16,
          bnw = nw & 255;
        if (predictor === 1) {
          g = (3 * (gw + gn) - 2 * gnw + 2) >> 2;
          r = (3 * (rw + rn) - 2 * rnw + 2) >> 2;
          p = (3 * (bw + bn) - 2 * bnw + 2) >> 2;
          g = g < 0 ? 0 : g > 255 ? 255 : g;
          r = r < 0 ? 0 : r > 255 ? 255 : r;
          p = p < 0 ? 0 : p > 255 ? 255 : p;
        } else {
          g = median(gw, gn, gnw);
          r = median(rw, rn, rnw);
          p = median(bw, bn, bnw);
        }
      }
      let e = table[(CLASS[activity > 63 ? 63 : activity] << SCALE) | (greenState & 4095)];
      greenState = ((((e >>> 8) & 4095) + 1) * (greenState >>> SCALE) + (e >>> 20)) | 0;
      if (greenState < LOW) {
        greenState = (greenState << 16) | (bytes[at] << 8) | bytes[at + 1];
        at += 2;
      }
      let f = e & 255;
      const green = (g + ((f >> 1) ^ -(f & 1))) & 255,
        errorGreen = green - g;
      let close = (errorGreen < 0 ? -errorGreen : errorGreen) * 2 + (activity >> 2);
      close = (8 + CLASS[close > 63 ? 63 : close]) << SCALE;

      a = r + ((red * errorGreen + 8) >> 4);
      a = a < 0 ? 0 : a > 255 ? 255 : a;
      e = table[close | (redState & 4095)];
      redState = ((((e >>> 8) & 4095) + 1) * (redState >>> SCALE) + (e >>> 20)) | 0;
      if (redState < LOW) {
        redState = (redState << 16) | (bytes[at] << 8) | bytes[at + 1];
        at += 2;
      }
      f = e & 255;
      const redOut = (a + ((f >> 1) ^ -(f & 1))) & 255;

      b = p + ((blueGreen * errorGreen + blueRed * (redOut - r) + 8) >> 4);
      b = b < 0 ? 0 : b > 255 ? 255 : b;
      e = table[(close + (8 << SCALE)) | (blueState & 4095)];
      blueState = ((((e >>> 8) & 4095) + 1) * (blueState >>> SCALE) + (e >>> 20)) | 0;
      if (blueState < LOW) {
        blueState = (blueState << 16) | (bytes[at] << 8) | bytes[at + 1];
        at += 2;
      }
      f = e & 255;
      px[i] = (redOut << 16) | (green << 8) | ((b + ((f >> 1) ^ -(f & 1))) & 255);
    }
    this.states[0] = greenState;
    this.states[1] = redState;
    this.states[2] = blueState;
    this.at = at;
  }
}

function median(w, n, nw) {
  const low = w < n ? w : n,
    high = w < n ? n : w,
    plane = w + n - nw;
  return plane < low ? low : plane > high ? high : plane;
}
