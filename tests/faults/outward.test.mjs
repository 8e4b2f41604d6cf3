// The office opens no port: what the agent's program holds open, and the slip it prints.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { until } from '../browser/desktops.mjs';
import { Town } from '../browser/town.mjs';

/** A TCP socket's state in /proc/net/tcp. */
const [STANDS, LISTENS] = ['01', '0A'];
let town;

before(async () => { town = await Town.seeded(); });

after(async () => { await town?.end(); });

/** Sockets of a program: { state, remote } for TCP, `udp` for the others. */
function sockets(pid) {
  const inodes = new Set(readdirSync(`/proc/${pid}/fd`).map((fd) => { try { return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1]; } catch { return null; } }));
  return ['tcp', 'tcp6', 'udp', 'udp6', 'raw', 'raw6'].flatMap((kind) => readFileSync(`/proc/net/${kind}`, 'utf8').split('\n').slice(1)
    .map((row) => row.trim().split(/\s+/))
    .filter((row) => inodes.has(row[9]))
    .map(([, , remote, state]) => ({ kind, state, port: parseInt(remote.split(':').at(-1), 16) })));
}

test('the agent listens on nothing and holds one line, outward to the server', async () => {
  const held = await until(() => { const all = sockets(town.pid('agent')); return all.some((one) => one.state === STANDS) && all; }, 'the line');
  assert.deepEqual(held, [{ kind: 'tcp', state: STANDS, port: town.port }]);
  assert.ok(sockets(town.pid('server')).some((one) => one.state === LISTENS), 'the same look finds the server listening');
});

test('a slip has the address, the code and a picture of both', async () => {
  const slip = await town.ok('agent', 'invite', '--user', town.user);
  const code = /[0-9A-Z]{4}(-[0-9A-Z]{4}){5}/.exec(slip)?.[0];
  assert.ok(code, slip);
  assert.ok(slip.includes(`${town.inside}/pair`), slip);
  assert.ok((slip.match(/[█▀▄]/g) ?? []).length > 100, 'a QR code of blocks');
  assert.notEqual(code, town.invite, 'each slip is its own');
});
