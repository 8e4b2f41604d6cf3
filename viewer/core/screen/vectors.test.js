// The files of spec/vectors/screen, which core/screen runs too: node --test viewer/core/screen
import assert from 'node:assert';
import fs from 'node:fs';
import test from 'node:test';
import { Decoder, DecodeError } from './decoder.js';

const folder = new URL('../../../spec/vectors/screen/', import.meta.url);

/** FNV-1a of the picture's red, green and blue bytes, row by row. */
function picture(decoder) {
  let hash = 0x811c9dc5 | 0;
  for (let y = 0; y < decoder.height; y++)
    for (let x = 0; x < decoder.width; x++) {
      const c = decoder.pixels[decoder.at(x, y)];
      for (const shift of [16, 8, 0]) hash = Math.imul(hash ^ ((c >> shift) & 255), 0x01000193);
    }
  return `${decoder.width} ${decoder.height} ${(hash >>> 0).toString(16).padStart(8, '0')}`;
}

function run(text) {
  const decoder = new Decoder(1 << 22);
  let fault = null;
  for (const line of text
    .split('\n')
    .map(l => l.trim())
    .filter(l => l && !l.startsWith('#'))) {
    const [word, ...rest] = line.split(' ');
    if (word === 'frame') {
      assert.equal(fault, null);
      try {
        decoder.frame(Uint8Array.from(Buffer.from(rest[0] ?? '', 'hex')));
      } catch (e) {
        if (!(e instanceof DecodeError)) throw e;
        fault = e.fault;
      }
    } else if (word === 'picture') {
      assert.equal(fault, null);
      assert.equal(picture(decoder), rest.join(' '));
    } else if (word === 'error') {
      assert.equal(fault, rest[0]);
      fault = null;
    } else assert.fail(`what is ${word}?`);
  }
  assert.equal(fault, null);
}

const names = fs.readdirSync(folder).filter(name => name.endsWith('.txt'));
assert.ok(names.length >= 10);
for (const name of names) test(name, () => run(fs.readFileSync(new URL(name, folder), 'utf8')));
