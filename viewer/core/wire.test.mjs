// Runs spec/vectors/wire: the same files as core/wire/tests/vectors.rs.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import * as wire from './wire.js';

const folder = new URL('../../spec/vectors/wire/', import.meta.url);
const hex = bytes => Buffer.from(bytes).toString('hex');

function bytes(word) {
  if (word === '-') return new Uint8Array();
  const [fill, byte, length] = word.split(':');
  if (fill === 'fill') return new Uint8Array(Number(length)).fill(parseInt(byte, 16));
  return Uint8Array.from(Buffer.from(word, 'hex'));
}

/** As the files show messages: opaque bytes in hex. */
const shown = message =>
  Object.fromEntries(
    Object.entries(message).map(([k, v]) => [k, v instanceof Uint8Array ? hex(v) : v]),
  );

test('every wire vector file', () => {
  const files = readdirSync(folder).sort();
  assert.ok(files.length >= 50, `vectors are missing: ${files.length}`);
  for (const file of files) {
    const lines = Object.fromEntries(
      readFileSync(new URL(file, folder), 'utf8')
        .split('\n')
        .map(line => {
          const at = line.indexOf(': ');
          return [line.slice(0, at), line.slice(at + 2)];
        }),
    );
    const input = bytes(lines.bytes);
    const [decode, encode] =
      lines.to === 'agent'
        ? [wire.decodeToAgent, wire.encodeToAgent]
        : [wire.decodeToViewer, wire.encodeToViewer];
    if (lines.error) {
      assert.throws(() => decode(input), { name: 'WireError', fault: lines.error }, file);
    } else {
      const message = decode(input);
      assert.deepEqual(shown(message), JSON.parse(lines.message), file);
      assert.equal(hex(encode(message)), lines.bytes, `${file}: encodes to the same bytes`);
    }
  }
});

test('a cut anywhere is refused', () => {
  const whole = wire.encodeToAgent({ type: 'Pointer', x: 300, y: 7, buttons: 1 });
  for (let cut = 0; cut < whole.length; cut++)
    assert.throws(() => wire.decodeToAgent(whole.subarray(0, cut)), { fault: 'Truncated' });
});

test('values that do not fit are refused, not wrapped', () => {
  const pointer = { type: 'Pointer', x: 0, y: 0, buttons: 0 };
  for (const wrong of [
    { x: -1 },
    { x: 65536 },
    { y: 0.5 },
    { y: NaN },
    { buttons: 32 },
    { x: undefined },
  ]) {
    assert.throws(() => wire.encodeToAgent({ ...pointer, ...wrong }), { fault: 'BadValue' });
  }
  assert.throws(() => wire.encodeToAgent({ type: 'Text', text: 'あ'.repeat(342) }), {
    fault: 'TooLong',
  });
  assert.throws(() => wire.encodeToAgent({ type: 'Clipboard' }), { fault: 'UnknownTag' });
});
