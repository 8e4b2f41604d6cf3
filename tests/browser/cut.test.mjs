// The administrator sees who is connected and cuts it (NOREN-R16, NOREN-R22); what the office ends
// by itself (NOREN-R18, NOREN-R19); the record of it (NOREN-R17).
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { launch } from './chromium.mjs';
import { connect, live, pair, signIn } from './open.mjs';
import { Town } from './town.mjs';

/** A live session must be over within this (NOREN-R16), in ms. */
const BOUND = 5000;
const LIVE = 'canvas#screen[data-state=live]';
const ENDED = 'canvas#screen[data-state=ended]';
const BODY = '131016';
let browser, town, office, home;

before(async () => {
  town = await Town.seeded();
  browser = await launch();
  [office, home] = [await browser.newPage(), await browser.newPage()];
  await signIn(office, town, { body: BODY, ...town.admin });
  await signIn(home, town);
  await pair(home, town);
  await connect(home, town);
});

after(async () => {
  await browser?.close();
  await town?.end();
});

/**
 * Does it and resolves to what the session's page says when it is over, which must be within the
 * bound.
 */
async function cut(t, what, act) {
  const begun = Date.now();
  assert.equal(await home.locator(LIVE).count(), 1, 'live before');
  const over = home.locator(ENDED).waitFor({ state: 'attached', timeout: BOUND });
  await act();
  await over;
  t.diagnostic(`${what}: over after ${Date.now() - begun} ms`);
  return home.locator('#card-text').textContent();
}

test('a live session is seen, with who, what and from where, and ended', async t => {
  await office.goto(`${town.url}/admin/sessions`);
  const row = office.locator('table:has(caption:text("接続中")) tbody tr');
  assert.match(await row.innerText(), /佐藤 花子[\s\S]*総務課のパソコン[\s\S]*127\.0\.0\.1/);
  assert.match(
    await cut(t, 'ended by the administrator', () => row.locator('button').click()),
    /管理者が切断/,
  );
  await office.goto(`${town.url}/admin/sessions`);
  assert.match(await office.locator('main').innerText(), /いま接続中の人はいません/);
  assert.match(
    await office.locator('table:has(caption:text("最近14日")) tbody tr').first().innerText(),
    /佐藤 花子[\s\S]*管理者が終了/,
  );
  // An end is no revocation: she may open it again.
  await home.click('#card-actions button');
  await live(home, town);
});

test('an idle session is warned, spared by a hand on the mouse, and cut', async () => {
  // Shorter than the page of policies allows, so that the story is short.
  const kept = await town.sql(`SELECT session_policy FROM bodies WHERE code = '${BODY}'`);
  const policy = JSON.stringify({ ...JSON.parse(kept), idle_seconds: 6, warn_seconds: 4 });
  await town.sql(`UPDATE bodies SET session_policy = '${policy}' WHERE code = '${BODY}'`);
  await home.reload();
  await home.locator(LIVE).waitFor();
  await home.locator('#idle:not([hidden])').waitFor();
  assert.match(await home.locator('#idle-text').textContent(), /操作がないため/);
  const box = await home.locator('canvas#screen').boundingBox();
  await home.mouse.move(box.x + 30, box.y + 300);
  await home.mouse.move(box.x + 60, box.y + 320);
  await home.locator('#idle').waitFor({ state: 'hidden' });
  await home.locator('#idle:not([hidden])').waitFor();
  await home.locator(ENDED).waitFor({ state: 'attached' });
  assert.match(await home.locator('#card-text').textContent(), /しばらく操作がなかった/);
  await town.sql(`UPDATE bodies SET session_policy = '${kept}' WHERE code = '${BODY}'`);
});

test('the end of the permitted period is announced, and comes', async () => {
  const kept = await town.sql('SELECT valid_until FROM assignments');
  await town.sql(`UPDATE assignments SET valid_until = ${Date.now() + 9000}`);
  await home.click('#card-actions button');
  await home.locator(LIVE).waitFor();
  await home.locator('#period:not([hidden])').waitFor();
  assert.match(await home.locator('#period-text').textContent(), /使ってよい時間は/);
  await home.locator(ENDED).waitFor({ state: 'attached' });
  assert.match(await home.locator('#card-text').textContent(), /使ってよい時間が終わった/);
  await town.sql(`UPDATE assignments SET valid_until = ${kept}`);
  await home.reload();
  await live(home, town);
});

test('a PC that is stopped is out at once, and is there again when it is resumed', async t => {
  await office.goto(`${town.url}/admin/pcs`);
  await office.click('tbody tr:has-text("総務課のパソコン") a');
  const place = office.url();
  assert.match(
    await cut(t, 'PC stopped', () => office.click('form[action$="/stop"] button')),
    /取り消された/,
  );
  await office.goto(place);
  await office.click('form[action$="/resume"] button');
  await home.reload();
  await live(home, town);
});

test('a permission that is taken back is out at once, and a new one opens', async t => {
  const place = office.url().replace(/\?.*/, '');
  const day = days =>
    new Date(Date.now() + 9 * 3_600_000 + days * 86_400_000).toISOString().slice(0, 10);
  await office.goto(place);
  assert.match(
    await cut(t, 'permission taken back', () =>
      office.click('form[action^="/admin/assignments/"] button'),
    ),
    /取り消された/,
  );
  assert.equal((await home.reload()).status(), 404, 'as if it were not');
  await office.goto(place);
  await office.selectOption('#login', town.user);
  await office.fill('#from', day(0));
  await office.fill('#until', day(30));
  await office.click('form[action$="/assign"] button');
  await home.reload();
  await live(home, town);
});

test('the whole body is out at once by one action, and its IT lets it in again', async t => {
  await office.goto(`${town.url}/admin/sessions`);
  assert.match(
    await cut(t, 'body stopped', () => office.click('form[action="/admin/body/stop"] button')),
    /サインインの期限が切れました|取り消された/,
  );
  assert.match((await home.goto(`${town.url}/`)).url(), /\/sign-in/, 'signed out');
  await office.goto(`${town.url}/admin/sessions`);
  await office.click('form[action="/admin/body/resume"] button');
  await signIn(home, town);
  await connect(home, town);
});

test('a revoked device is out at once, and stays out', async t => {
  await office.goto(`${town.url}/admin/devices`);
  await office.click('tbody tr a');
  assert.match(
    await cut(t, 'device revoked', () => office.click('form[action$="/revoke"] button')),
    /取り消された/,
  );
  await home.reload();
  await home.locator(ENDED).waitFor({ state: 'attached' });
  assert.match(await home.locator('#card-text').textContent(), /登録/);
  // Only the office lets it in again, by a new slip.
  await pair(home, { url: town.url, invite: await town.slip(town.user) });
  await connect(home, town);
});

test('a person who is stopped is out at once: session and sign-in', async t => {
  await office.goto(`${town.url}/admin/staff`);
  await office.click('tbody tr:has-text("hanako") a');
  assert.match(
    await cut(t, 'person stopped', () => office.click('form[action$="/suspend"] button.danger')),
    /取り消された/,
  );
  assert.match((await home.goto(`${town.url}/`)).url(), /\/sign-in/);
});

test('the record: exported as CSV and syslog, proved, and the first broken record named', async () => {
  await office.goto(`${town.url}/admin/audit`);
  const [file] = await Promise.all([
    office.waitForEvent('download'),
    office.click('form[action="/admin/audit/export"] button'),
  ]);
  const csv = readFileSync(await file.path(), 'utf8')
    .replace(/^\ufeff/, '')
    .trimEnd()
    .split(/\r?\n/);
  for (const word of [
    'session_started',
    'session_ended',
    'session_cut',
    'device_revoked',
    'staff_suspended',
  ]) {
    assert.ok(
      csv.some(line => line.replaceAll('-', '_').replaceAll('.', '_').includes(word)),
      `${word} in ${csv.slice(-12).join('\n')}`,
    );
  }
  const syslog = (await town.ok('server', 'audit', 'export', '--format', 'syslog', '--chain', BODY))
    .trimEnd()
    .split('\n');
  assert.ok(syslog.length >= csv.length - 1);
  // RFC 5424, section 6: <PRI>VERSION TIMESTAMP HOST APP PROCID MSGID [SD...] MSG
  for (const line of syslog)
    assert.match(
      line,
      /^<\d{1,3}>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d) \S+ \S+ \S+ \S+ (-|(\[[^\]]*\])+)( .*)?$/,
    );
  assert.match(await town.ok('server', 'audit', 'verify'), /131016 ok: to record \d+/);
  await town.sql(`UPDATE audit_records SET subject = 'nobody' WHERE chain = '${BODY}' AND seq = 3`);
  // What was verified before is looked at again only where that is asked for.
  const { code, stdout } = await town.run('server', 'audit', 'verify', '--all');
  assert.notEqual(code, 0);
  assert.match(stdout, /131016 BROKEN at record 3/);
  await office.goto(`${town.url}/admin/audit`);
  await office.click('form[action="/admin/audit/verify"] button[name="all"]');
  assert.match(await office.locator('.alert').innerText(), /最初は番号 3/);
});
