// The reader of the entropy coder: adaptive binary decisions in a binary ANS stream.
// spec/screen.md, "decisions". All numbers stay below 2^31, so that the engine keeps them as small
// integers.

export class DecodeError extends Error {
  constructor(fault) {
    super(`screen: ${fault}`);
    this.name = 'DecodeError';
    this.fault = fault;
  }
}

/** A slot nothing was learnt of yet: probability 1/2 in 16 bits above 8 bits of count. */
export const FRESH = 0x8000 << 8;
const MEMORY = 62,
  LOW = 1 << 15;
const WEIGHT = new Int32Array(64);
for (let n = 0; n < 64; n++) WEIGHT[n] = Math.floor(163840 / (10 * n + 16));

export const slots = n => new Int32Array(n).fill(FRESH);

export class Reader {
  constructor(bytes) {
    if (bytes.length < 4) throw new DecodeError('Truncated');
    this.bytes = bytes;
    this.at = 4;
    this.state = (bytes[0] << 24) | (bytes[1] << 16) | (bytes[2] << 8) | bytes[3] | 0;
    if (this.state < LOW) throw new DecodeError('Corrupt');
  }

  /** One decision with the probability in `table[i]`, which learns from it. */
  bin(table, i) {
    const slot = table[i],
      n = slot & 255,
      p16 = slot >>> 8,
      p = (slot >>> 12) | 1;
    let state = this.state;
    const low = state & 4095,
      high = state >>> 12;
    let bit, next;
    if (low < p) {
      bit = 1;
      state = (p * high + low) | 0;
      next = p16 + (((65535 - p16) * WEIGHT[n]) >> 14);
    } else {
      bit = 0;
      state = ((4096 - p) * high + low - p) | 0;
      next = p16 + ((-p16 * WEIGHT[n]) >> 14);
    }
    table[i] = (next << 8) | (n < MEMORY ? n + 1 : n);
    if (state < LOW) {
      const at = this.at;
      state = (state << 16) | (this.bytes[at] << 8) | this.bytes[at + 1];
      this.at = at + 2;
    }
    this.state = state;
    return bit;
  }

  /** `count` bits with even chances. */
  bits(count) {
    let out = 0;
    while (count--) {
      const low = this.state & 4095,
        high = this.state >>> 12,
        bit = low < 2048 ? 1 : 0;
      this.state = 2048 * high + low - (bit ? 0 : 2048);
      if (this.state < LOW) {
        this.state = (this.state << 16) | (this.bytes[this.at] << 8) | this.bytes[this.at + 1];
        this.at += 2;
      }
      out = (out << 1) | bit;
    }
    return out;
  }

  /** `count` bits by a tree of `1 << count` slots that starts at `base`. */
  tree(table, base, count) {
    const leaf = 1 << count;
    let node = 1;
    while (node < leaf) node = (node << 1) | this.bin(table, base + node);
    return node - leaf;
  }

  check() {
    if (this.at > this.bytes.length) throw new DecodeError('Truncated');
  }

  finish() {
    this.check();
    if (this.at !== this.bytes.length || this.state !== LOW) throw new DecodeError('Corrupt');
  }
}
