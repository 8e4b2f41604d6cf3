// The office opens no port: what the agent's program holds open, and the slip it prints.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { until } from '../browser/desktops.mjs';
import { Town } from '../browser/town.mjs';
import { LISTENS, STANDS, sockets } from './sockets.mjs';

let town;

before(async () => {
  town = await Town.seeded();
});

after(async () => {
  await town?.end();
});

test('the agent listens on nothing and holds one line, outward to the server', async () => {
  const held = await until(() => {
    const all = sockets(town.pid('agent'));
    return all.some(one => one.state === STANDS) && all;
  }, 'the line');
  assert.deepEqual(held, [{ kind: 'tcp', state: STANDS, port: town.port }]);
  assert.ok(
    sockets(town.pid('server')).some(one => one.state === LISTENS),
    'the same look finds the server listening',
  );
});

test('a slip has the address, the code and a picture of both', async () => {
  const slip = await town.ok('agent', 'invite', '--user', town.user);
  const code = /[0-9A-Z]{4}(-[0-9A-Z]{4}){5}/.exec(slip)?.[0];
  assert.ok(code, slip);
  assert.ok(slip.includes(`${town.inside}/pair`), slip);
  assert.ok((slip.match(/[█▀▄]/g) ?? []).length > 100, 'a QR code of blocks');
  assert.notEqual(code, town.invite, 'each slip is its own');
});
