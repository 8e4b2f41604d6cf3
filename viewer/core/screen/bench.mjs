// Times the decoder on frames written by core/screen's example replay: node
// viewer/core/screen/bench.mjs FILE.frames ...
import fs from 'node:fs';
import path from 'node:path';
import { Decoder } from './decoder.js';

for (const file of process.argv.slice(2)) {
  const data = fs.readFileSync(file),
    decoder = new Decoder();
  let total = 0,
    worst = 0,
    frames = 0;
  for (let at = 0; at < data.length;) {
    const word = data.readUInt32LE(at),
      size = word & 0x7fffffff,
      body = data.subarray(at + 12, at + 12 + size);
    at += 12 + size;
    const start = process.cpuUsage();
    decoder.frame(body);
    const used = process.cpuUsage(start),
      spent = (used.user + used.system) / 1000;
    if (word >>> 31) {
      total += spent;
      worst = Math.max(worst, spent);
      frames++;
    }
  }
  console.log(
    `${path.basename(file, '.frames').padEnd(6)} ${String(frames).padStart(6)} frames ${(total / 1000).toFixed(3).padStart(8)} s, worst ${worst.toFixed(1)} ms`,
  );
}
