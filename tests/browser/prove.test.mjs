// The step-up page: whoever has a passkey does a dangerous act after the proof went stale, is led
// to the proof, proves with the passkey, and the act is done with what was typed. And these pages
// as a machine judges them, with something on them.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { judge } from './axe.mjs';
import { launch } from './chromium.mjs';
import { signIn } from './open.mjs';
import { Town } from './town.mjs';

const BODY = '131016';
/** A proof holds for a quarter of an hour; this is a second more. */
const STALE = 15 * 60_000 + 1_000;

let browser, town, page, keys, authenticatorId;

const plan = {
  body: BODY,
  divisions: [{ code: '020', name: '総務課', superior: 'boss' }],
  staff: [
    { login: 'admin', name: '情報 太郎', roles: 'staff+it' },
    { login: 'jinji', name: '人事 三郎', roles: 'staff+hr' },
    { login: 'boss', name: '所属 次郎', roles: 'staff+superior', division: '020' },
    { login: 'hanako', name: '佐藤 花子', roles: 'staff', division: '020' },
  ],
};

const person = login => ({ body: BODY, ...town.seeded.staff.find(one => one.user === login) });

/** Everybody's last proof was so long ago that it is asked for again. */
const stale = () => town.sql(`UPDATE sign_ins SET proved = proved - ${STALE}`);

/** The newest record of a kind, its fields as text. */
const told = kind =>
  town.sql(
    `SELECT fields FROM audit_records WHERE chain = '${BODY}' AND kind = ${kind} ORDER BY seq DESC LIMIT 1`,
  );
const PROVED = 117;
const PROOF_FAILED = 118;

const count = login => town.sql(`SELECT count(*) FROM staff WHERE login = '${login}'`);

before(async () => {
  town = new Town();
  const file = path.join(town.folder, 'plan.json');
  writeFileSync(file, JSON.stringify(plan));
  await town.startServer({ seed: file });
  await town.sql("UPDATE divisions SET deputy = (SELECT id FROM staff WHERE login = 'hanako')");
  browser = await launch();
  page = await browser.newPage();
  await signIn(page, town, person('admin'));
  keys = await page.context().newCDPSession(page);
  await keys.send('WebAuthn.enable');
  ({ authenticatorId } = await keys.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  }));
});

after(async () => {
  await browser?.close();
  await town?.end();
});

test('a stale account leads to the proof before a passkey is added', async () => {
  await stale();
  await page.goto(`${town.url}/account`);
  assert.equal(await page.locator('#passkey-add').count(), 0);
  await page.click('a[href="/prove?next=/account"] >> nth=0');
  // Whoever has no passkey yet is asked for password and code alone.
  await page.locator('#prove').waitFor();
  assert.equal(await page.locator('#passkey-prove').count(), 0);
  await town.sql('UPDATE sign_ins SET proved = seen');
  await page.goto(`${town.url}/account`);
  await page.fill('#passkey-name', '窓口のパソコン');
  await page.click('#passkey-add');
  await page.locator('tbody th', { hasText: '窓口のパソコン' }).waitFor();
});

test('the act waits for the passkey, and is done then with what was typed', async () => {
  await page.goto(`${town.url}/admin/staff/new`);
  await page.fill('#name', '田中 一郎');
  await page.fill('#login', 'ichiro');
  await page.selectOption('#division', { label: '総務課（020）' });
  await page.check('input[name=fiscal_year]');
  await stale();
  const asked = page.waitForResponse(answer => answer.url().endsWith('/admin/staff'));
  await page.click('form[action="/admin/staff"] button');
  assert.equal((await asked).status(), 403);
  // What it is for stands above the button.
  await page.locator('#passkey-prove').waitFor();
  assert.match(await page.locator('#prove-said').textContent(), /職員を追加します/);
  const facts = await page.locator('dl.facts').textContent();
  for (const typed of ['田中 一郎', 'ichiro', '総務課']) assert.ok(facts.includes(typed), facts);
  assert.equal(await count('ichiro'), '0');

  // An authenticator that does not know who is there is one factor: nothing is done, nothing lost.
  await keys.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false });
  await page.click('#passkey-prove');
  await page.locator('#passkey-failed').waitFor();
  assert.equal(await count('ichiro'), '0');
  assert.equal(await page.inputValue('#prove input[name=login]'), 'ichiro');

  await keys.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: true });
  const sent = page.waitForRequest(request => request.url().endsWith('/admin/staff'));
  await page.click('#passkey-prove');
  const form = new URLSearchParams((await sent).postData());
  // The way of the password is not taken: none is sent, not even an empty one.
  assert.deepEqual(
    [...form.keys()].filter(name => name.startsWith('prove_')),
    [],
  );
  await page.locator('h1', { hasText: '利用開始票' }).waitFor();
  assert.match(await page.locator('main').textContent(), /田中 一郎/);
  assert.match(await told(PROVED), /passkey/);
  const kept = await town.sql(
    `SELECT staff.name, divisions.code, fiscal_year FROM staff
     JOIN divisions ON divisions.id = staff.division WHERE login = 'ichiro'`,
  );
  assert.equal(kept, '田中 一郎|020|1');
});

test('a passkey that was not there proves nothing, and what was typed is still there', async () => {
  await page.goto(`${town.url}/admin/agents`);
  await page.fill('#name', '本庁舎 3階');
  await stale();
  await page.click('form[action="/admin/agents"] button');
  await page.locator('#passkey-prove').waitFor();
  // Somebody else's answer: the credential is not in this list.
  const before = await town.sql('SELECT count(*) FROM passkeys');
  await town.sql("UPDATE passkeys SET staff = (SELECT id FROM staff WHERE login = 'hanako')");
  await page.click('#passkey-prove');
  await page.locator('#passkey-failed').waitFor();
  assert.equal(await page.locator('#token').count(), 0);
  await town.sql("UPDATE passkeys SET staff = (SELECT id FROM staff WHERE login = 'admin')");
  assert.equal(await town.sql('SELECT count(*) FROM passkeys'), before);
  await page.click('#passkey-prove');
  await page.locator('#token').waitFor();
  assert.equal(await town.sql("SELECT count(*) FROM enrolments WHERE name = '本庁舎 3階'"), '1');
});

/** What a page looks like where something stands on it: wide, and on a phone. */
async function look(who, paths) {
  for (const viewport of [
    { width: 1280, height: 900 },
    { width: 390, height: 844 },
  ]) {
    await who.setViewportSize(viewport);
    for (const at of paths) {
      if (at) await who.goto(town.url + at);
      await judge(who, `${at ?? 'the page as it stands'}, ${viewport.width} wide`);
      const wide = await who.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(wide <= viewport.width, `${who.url()} is ${wide} wide on ${viewport.width}`);
    }
  }
}

test('what waits, who is signed in and what is handed over, as a machine judges it', async () => {
  await town.sql('UPDATE sign_ins SET proved = seen');
  // A colleague is to decide on others: that waits.
  const id = await town.sql("SELECT lower(hex(id)) FROM staff WHERE login = 'hanako'");
  await page.goto(`${town.url}/admin/staff/${id}`);
  await page.check('input[name=role_superior]');
  await page.click('form.card button.primary');
  await page.waitForURL(/done=change-asked/);
  // A program is to act in the superior's name: that waits for consent.
  await page.goto(`${town.url}/admin/tokens`);
  await page.fill('#name', '出退勤の連携');
  const boss = await page.locator('#staff option', { hasText: '所属 次郎' }).getAttribute('value');
  await page.selectOption('#staff', boss);
  await page.check('form[action="/admin/tokens"] input[type=checkbox] >> nth=0');
  await page.click('form[action="/admin/tokens"] button.primary');
  await page.locator('#token').waitFor();
  await look(page, ['/account', '/admin/changes', '/admin/tokens', `/admin/staff/${id}`]);

  const hr = await browser.newPage();
  await signIn(hr, town, person('jinji'));
  await look(hr, ['/admin/changes']);

  const lead = await browser.newPage();
  await signIn(lead, town, person('boss'));
  await lead.goto(`${town.url}/telework/handover`);
  const day = new Date(Date.now() + 9 * 3_600_000).toISOString().slice(0, 10);
  await lead.fill('#from', day);
  await lead.fill('#to', day);
  await lead.click('form[action="/telework/handover"] button.primary');
  await lead.locator('ul.requests li').waitFor();
  await look(lead, ['/account', '/account/tokens', '/telework/handover']);
  await stale();
  await look(lead, ['/prove', '/account', '/account/tokens']);

  // The page in between, with an act on it and a passkey to prove with.
  await page.goto(`${town.url}/admin/staff/new`);
  await page.fill('#name', '鈴木 二郎');
  await page.fill('#login', 'jiro');
  await page.check('input[name=role_superior]');
  await page.click('form[action="/admin/staff"] button');
  await page.locator('#passkey-prove').waitFor();
  await look(page, [null]);
  for (const one of [lead, hr]) await one.context().close();
});
