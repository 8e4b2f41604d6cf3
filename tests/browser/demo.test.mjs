// `cargo xtask demo`: everything runs, and nothing is left when it is ended.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { launch } from './chromium.mjs';
import { start } from './demo.mjs';
import { until } from './desktops.mjs';
import { open } from './open.mjs';

const folders = () => readdirSync(tmpdir()).filter(name => name.startsWith('noren-demo-'));
const alive = pid =>
  existsSync(`/proc/${pid}`) && !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));

test('the demo of an Xvnc opens in a browser, and leaves nothing behind', async () => {
  const before = folders();
  const demo = await start();
  const browser = await launch();
  try {
    for (const key of ['url', 'body', 'user', 'password', 'totp_secret', 'invite', 'target'])
      assert.ok(demo[key], key);
    await open(await browser.newPage(), demo);
  } finally {
    await browser.close();
    assert.equal(await demo.end(), 0);
  }
  assert.deepEqual(folders(), before);
  for (const pid of Object.values(demo.pids).filter(Boolean))
    assert.ok(!alive(pid), `${pid} is gone`);
});

test('the sample desktop needs no desktop', async () => {
  const demo = await start('--sample');
  const browser = await launch();
  try {
    await open(await browser.newPage(), demo);
  } finally {
    await browser.close();
    await demo.end();
  }
});

test('killed outright, the demo takes its programs along', async () => {
  const before = folders();
  const demo = await start('--sample');
  const pids = Object.values(demo.pids).filter(Boolean);
  assert.ok(pids.length > 0 && pids.every(alive));
  process.kill(demo.pid, 'SIGKILL');
  await demo.exited;
  await until(() => !pids.some(alive), 'the end of its programs');
  await until(() => folders().every(name => before.includes(name)), 'the end of its folder');
});
