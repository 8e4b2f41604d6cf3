// The fuzzer's corpora (fuzz/corpus) and mutants of them through the viewer's own decoders:
// whatever the relay or the office sends, a fault has a name.
import assert from 'node:assert';
import fs from 'node:fs';
import test from 'node:test';
import { ChannelError, decodeAccepted, decodeAgentHello } from './channel.js';
import { DecodeError, Decoder } from './screen/decoder.js';
import { WireError, decodeToViewer } from './wire.js';

const MUTANTS = 8;
const root = new URL('../../fuzz/corpus/', import.meta.url);

/**
 * Some bytes changed, some left out, some said twice, the rest cut off; the same for the same
 * number.
 */
function mutant(bytes, number) {
  let state = (number * 0x9e3779b1) >>> 0 || 1;
  const dice = below => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % Math.max(1, below);
  };
  let out = [...bytes];
  for (let turns = dice(4) + 1; turns > 0; turns -= 1) {
    const at = dice(out.length);
    const kind = dice(5);
    if (kind === 0) out = out.slice(0, at);
    else if (kind === 1) out.splice(at, 0, ...Array(dice(9)).fill(0xff));
    else if (kind === 2) out.push(...out.slice(at, at + dice(16)));
    else if (kind === 3) out.splice(at, dice(8));
    else if (out.length) out[at] ^= 1 << dice(8);
  }
  return Uint8Array.from(out);
}

function survived(name, faults, ...decoders) {
  test(`every file of the corpus of ${name} is survived`, () => {
    const files = fs.readdirSync(new URL(name, root));
    assert.ok(files.length >= 8);
    for (const file of files) {
      const bytes = new Uint8Array(fs.readFileSync(new URL(`${name}/${file}`, root)));
      for (let number = 0; number <= MUTANTS; number += 1) {
        for (const decode of decoders) {
          try {
            decode(number ? mutant(bytes, number) : bytes);
          } catch (error) {
            assert.ok(
              faults.some(fault => error instanceof fault),
              `${name}/${file} (mutant ${number}): ${error.stack}`,
            );
            assert.ok(error.fault, 'the fault has a name');
          }
        }
      }
    }
  });
}

survived('wire', [WireError], decodeToViewer);
survived('channel', [ChannelError, WireError], decodeAgentHello, decodeAccepted);
survived(
  'screen',
  [DecodeError],
  bytes => new Decoder(1 << 16).frame(bytes),
  bytes => {
    const decoder = new Decoder(1 << 16);
    decoder.frame(Uint8Array.of(1, 0, 64, 0, 48));
    decoder.frame(bytes);
  },
);
