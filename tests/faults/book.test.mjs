// Disk full, database locked, database gone: the page says so, the live session goes on, nothing
// that was committed is lost, and when the fault is over everything works again without anybody
// starting anything.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { closeSync, cpSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { launch } from '../browser/chromium.mjs';
import { until } from '../browser/desktops.mjs';
import { live, open, signIn } from '../browser/open.mjs';
import { Town } from '../browser/town.mjs';
import { postgres } from './postgres.mjs';

const LIVE = 'canvas#screen[data-state=live]';
let browser;

before(async () => {
  browser = await launch();
});
after(async () => {
  await browser?.close();
});

/**
 * A town with its member of staff at work and its administrator signed in; `inside` gets both and
 * how to add people.
 */
async function atWork(options, inside) {
  const town = await Town.seeded(options);
  try {
    const [home, office] = [await browser.newPage(), await browser.newPage()];
    await open(home, town);
    await signIn(office, town, { body: town.body, ...town.admin });
    const added = [];
    let number = 0;
    /** Adds a person by the form; what the page says when it could not be saved, else null. */
    const add = async () => {
      number += 1;
      const login = `person.${number}`;
      let answer = await office.goto(`${town.url}/admin/staff/new`);
      if (answer.status() === 200) {
        await office.fill('#name', `職員 ${number}`);
        await office.fill('#login', login);
        await office.check('input[name=role_staff]');
        [answer] = await Promise.all([office.waitForNavigation(), office.click('button.primary')]);
      }
      if (await office.locator('.slip').count()) {
        added.push(login);
        return null;
      }
      return { status: answer.status(), text: await office.locator('main').innerText() };
    };
    /** Everybody whose slip was shown is there, and nobody else. */
    const all = async () => {
      await office.goto(`${town.url}/admin/staff?q=person.`);
      const found = (await office.locator('tbody td.code').allTextContents()).map(t => t.trim());
      assert.deepEqual(found.sort(), [...added].sort());
    };
    await inside({ town, home, office, add, all, added });
  } finally {
    await town.end();
  }
}

// They mostly wait, each in a town of its own: side by side.
describe('the book', { concurrency: 3 }, () => {
  test('the disk is full', async () => {
    // A disk of its own for the server's folder, which a namespace of its own sees; its file of
    // people comes along.
    const script =
      'cp -a "$0" "$0.kept" && mount -t tmpfs -o size=8m,mode=700 none "$0" && cp -a "$0.kept/." "$0" && exec "$@"';
    const before = town => [
      'unshare',
      process.getuid() === 0 ? '-m' : '-rm',
      'sh',
      '-c',
      script,
      path.join(town.folder, 'server'),
    ];
    await atWork({ server: { before } }, async ({ town, home, add, all, added }) => {
      const disk = `/proc/${town.pid('server')}/root${path.join(town.folder, 'server')}`;
      assert.equal(await add(), null);
      const filler = path.join(disk, 'filler');
      const file = openSync(filler, 'w');
      const full = () => {
        for (;;)
          try {
            writeSync(file, Buffer.alloc(4096));
          } catch (error) {
            assert.equal(error.code, 'ENOSPC');
            return;
          }
      };
      full();
      assert.equal(statfsSync(disk).bfree, 0);
      // What the database's own files have room for may still be saved.
      const refused = await until(async () => {
        full();
        return add();
      }, 'the full disk');
      assert.equal(refused.status, 507);
      assert.match(refused.text, /空き容量がありません/);
      assert.equal(await home.locator(LIVE).count(), 1, 'who is at work stays at work');
      closeSync(file);
      rmSync(filler);
      assert.equal(await add(), null, 'with room again, without a restart');
      assert.ok(added.length >= 2);
      await all();
      assert.equal(await home.locator(LIVE).count(), 1);
      const copy = path.join(town.folder, 'server.after');
      cpSync(disk, copy, { recursive: true });
      assert.match(
        await town.ok(
          'server',
          'audit',
          'verify',
          '--database',
          `sqlite:${path.join(copy, 'noren.sqlite')}`,
        ),
        /131016 ok/,
      );
    });
  });

  test('the database is locked by another program', async () => {
    await atWork({}, async ({ town, home, add, all }) => {
      assert.equal(await add(), null);
      const other = spawn('sqlite3', [path.join(town.folder, 'server', 'noren.sqlite')], {
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      const locked = new Promise(resolve => other.stdout.once('data', resolve));
      other.stdin.write("BEGIN IMMEDIATE;\nSELECT 'locked';\n");
      await locked;
      const refused = await add();
      assert.equal(refused.status, 503);
      assert.match(refused.text, /保存された内容は失われていません/);
      assert.equal(await home.locator(LIVE).count(), 1);
      const over = new Promise(resolve => other.on('exit', resolve));
      other.stdin.end('ROLLBACK;\n');
      await over;
      assert.equal(await add(), null);
      await all();
      assert.match(await town.ok('server', 'audit', 'verify'), /131016 ok/);
    });
  });

  test('the database server is gone and comes back', async () => {
    const database = await postgres();
    try {
      await atWork({ database: database.address }, async ({ town, home, office, add, all }) => {
        assert.equal(await add(), null);
        database.stop();
        const refused = await add();
        assert.equal(refused.status, 503);
        assert.match(refused.text, /保存された内容は失われていません/);
        assert.equal(await home.locator(LIVE).count(), 1, 'a session needs no database');
        // Whoever opens a session meanwhile is told what is missing, and is let in by itself later.
        await home.reload();
        const canvas = home.locator('canvas#screen');
        if ((await canvas.count()) === 1)
          await home.waitForFunction(
            () => document.querySelector('canvas#screen').dataset.missing === 'server',
          );
        else assert.match(await home.locator('main').innerText(), /少し時間をおいて/);
        database.start();
        await until(
          async () => (await office.goto(`${town.url}/admin/staff`)).status() === 200,
          'the pages',
        );
        if ((await canvas.count()) === 0) await home.reload();
        await live(home, town);
        assert.equal(
          await until(async () => (await add()) === null, 'a person can be added'),
          true,
        );
        await all();
        assert.match(await town.ok('server', 'audit', 'verify'), /131016 ok/);
      });
    } finally {
      database.end();
    }
  });
});
