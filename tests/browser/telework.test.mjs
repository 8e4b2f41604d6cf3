// A day of telework in a town that is lived in: asked for, approved on a phone, worked on the
// office PC, kept as evidence, closed with its month, written into the payroll file and the
// attendance book, and counted in the answers to the survey.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { judge } from './axe.mjs';
import { launch } from './chromium.mjs';
import { connect, pair, pc, signIn } from './open.mjs';
import { Town } from './town.mjs';
import { read } from './xlsx.mjs';

/** A Tuesday morning, so that the office is open whenever this runs. */
const MORNING = Date.parse('2026-06-16T10:00:00+09:00');
const [DAY, THIS, LAST] = ['2026-06-16', '2026-06', '2026-05'];
/** Debian's libfaketime, wherever this machine's architecture keeps it. */
const LIBRARY = readdirSync('/usr/lib')
  .map(d => `/usr/lib/${d}/faketime/libfaketimeMT.so.1`)
  .find(existsSync);
const change = {
  town: { staff: 116, months: 3 },
  divisions: [
    { code: '010', name: '情報政策課', superior: 'admin' },
    { code: '020', name: '総務課', superior: 'kacho' },
  ],
  staff: [
    { login: 'admin', name: '情報 太郎', roles: 'staff+it', division: '010' },
    { login: 'hanako', name: '佐藤 花子', roles: 'staff', division: '020' },
    { login: 'kacho', name: '総務 一郎', roles: 'staff+superior', division: '020' },
    { login: 'jinji', name: '人事 次郎', roles: 'staff+hr', division: '020' },
  ],
};
const PHONE = { width: 390, height: 800 };
let browser, town, home, office, clerk;

before(async () => {
  const offset = Math.round((MORNING - Date.now()) / 1000);
  const env = {
    LD_PRELOAD: LIBRARY,
    FAKETIME: `${offset < 0 ? '' : '+'}${offset}`,
    DONT_FAKE_MONOTONIC: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
  };
  town = await Town.seeded({ change, env });
  town.now = () => Date.now() + offset * 1000;
  browser = await launch();
  [home, office, clerk] = await Promise.all(
    [{}, { viewport: PHONE }, { acceptDownloads: true }].map(options => browser.newPage(options)),
  );
  const person = login => town.seeded.staff.find(one => one.user === login);
  await Promise.all([
    signIn(home, town),
    signIn(office, town, person('kacho')),
    signIn(clerk, town, person('jinji')),
  ]);
});

after(async () => {
  await browser?.close();
  await town?.end();
});

/** A page as somebody sees it; nothing on it runs out of the window. */
async function open(page, path) {
  await page.goto(town.url + path);
  const { wide, window } = await page.evaluate(() => ({
    wide: document.documentElement.scrollWidth,
    window: document.documentElement.clientWidth,
  }));
  assert.ok(wide <= window, `${path} is ${wide} wide in a window of ${window}`);
}

test('without an approved day the PC is closed, and the page says why', async () => {
  await open(clerk, '/admin/telework/people?q=hanako');
  await clerk.getByRole('link', { name: '設定 佐藤 花子' }).click();
  await clerk.uncheck('input[name=exempt]');
  await clerk.getByRole('button', { name: '保存する' }).first().click();
  await clerk.locator('.notice').waitFor();
  await open(home, '/');
  assert.match(await home.locator('#closed').innerText(), /いまはPCを開けません[^]*申請/);
  await pair(home, town);
  await home.goto(`${town.url}/session/${await pc(home, town)}`);
  await home.locator('canvas#screen[data-state=ended]').waitFor({ state: 'attached' });
  assert.match(
    await home.locator('#card-text').textContent(),
    /今日のテレワークの申請がありません/,
  );
});

test('she asks for today, and her superior approves it on a phone', async () => {
  await open(home, '/telework');
  await home.locator('table.month td[aria-current=date] a').click();
  assert.equal(await home.inputValue('#day'), DAY);
  assert.equal(
    await home.locator('#start').isVisible(),
    false,
    'times are asked for with the unit that needs them',
  );
  await home.selectOption('#unit', 'hours');
  assert.equal(await home.locator('#start').isVisible(), true);
  await home.selectOption('#unit', 'day');
  await home.fill('#note', '子の急な発熱のため');
  await home.locator('#ask button.primary').click();
  await home.locator('.notice').first().waitFor();
  await judge(home, 'her own page');

  await open(office, '/telework/approvals');
  const row = office.locator('.requests li', { hasText: '子の急な発熱のため' });
  assert.match(await row.innerText(), /佐藤 花子[^]*当日・事後/);
  await judge(office, 'approvals on a phone');
  await office.getByRole('button', { name: 'すべて選ぶ' }).click();
  const boxes = office.locator('input[name=pick][type=checkbox]');
  const waiting = await boxes.count();
  assert.ok(
    waiting > 1 && (await boxes.evaluateAll(all => all.every(box => box.checked))),
    'all at once',
  );
  await office.locator('button[value=approve]').click();
  await office.locator('.notice').waitFor();
  assert.equal(await boxes.count(), 0, `${waiting} decided with one press`);
});

test('the PC opens, and what was connected stands beside what she reports', async () => {
  await open(home, '/telework');
  await home.getByRole('button', { name: '始業', exact: true }).click();
  await home.locator('.notice').first().waitFor();
  await connect(home, town);
  await home.click('#leave');
  await home.locator('canvas#screen[data-state=ended]').waitFor({ state: 'attached' });
  await open(home, '/telework');
  await home.getByRole('button', { name: '終業', exact: true }).click();
  await home.fill('#report', '議案を書いた。\n明日は課で見直す。');
  await home.getByRole('button', { name: '報告を保存する' }).click();
  await open(home, '/telework/month');
  const evidence = await home.locator(`#d${DAY} td`).allInnerTexts();
  assert.match(evidence[0], /在宅勤務 08:30〜17:15/);
  assert.match(evidence[1], /1\d:\d\d〜1\d:\d\d/);
  assert.match(evidence[2], /1\d:\d\d〜1\d:\d\d/, 'the session is there');
  await open(office, '/telework/team?view=day');
  assert.match(
    await office.locator('.requests li', { hasText: '佐藤 花子' }).innerText(),
    /在宅勤務[^]*議案を書いた/,
  );
});

test('the month before is closed over its differences, and stays closed', async () => {
  await open(clerk, `/admin/telework/close?month=${LAST}`);
  assert.ok(
    (await clerk.locator('table.fold tbody tr').count()) > 0,
    'differences wait for a reason',
  );
  await clerk.getByRole('button', { name: 'この月を締める' }).click();
  assert.match(await clerk.locator('.alert').innerText(), /理由のない差が\d+件/);
  await clerk.fill('#why', '本人に確認済み');
  await clerk.getByRole('button', { name: 'この月を締める' }).click();
  await clerk.locator('.chip', { hasText: '締め済み' }).waitFor();
});

test('the payroll file and the attendance book hold what was worked', async () => {
  await open(clerk, '/admin/telework/export');
  const file = async press => {
    const [download] = await Promise.all([clerk.waitForEvent('download'), press()]);
    return readFileSync(await download.path());
  };
  await clerk.selectOption('#p-month', LAST);
  const csv = (await file(() => clerk.getByRole('button', { name: 'CSVを出力' }).click())).toString(
    'utf8',
  );
  const [head, ...lines] = csv
    .replace(/^\ufeff/, '')
    .trim()
    .split('\r\n')
    .map(line => line.split(','));
  assert.deepEqual(head, [
    '対象年月',
    '職員番号',
    '氏名',
    'テレワーク日数',
    '時間外時間',
    '在宅勤務等手当',
    '在宅勤務等手当（遡及・戻入）',
  ]);
  assert.ok(
    lines.length > 30 && lines.every(line => line[0] === '202605' && Number(line[3]) > 0),
    csv.slice(0, 400),
  );

  await clerk.selectOption('#a-month', THIS);
  await clerk.selectOption('#a-division', { label: '総務課' });
  const sheets = read(await file(() => clerk.getByRole('button', { name: 'Excelを出力' }).click()));
  const hers = sheets.find(rows => JSON.stringify(rows).includes('佐藤 花子'));
  const row = hers.find(cells => cells?.some(cell => /6月16日|^16/.test(cell)));
  assert.match(row.join(' '), /在宅勤務[^]*1\d:\d\d/, JSON.stringify(row));
});

test('the survey counts the day, and says whose it was', async () => {
  await open(clerk, `/telework/survey/forms?from=${DAY}&to=${DAY}`);
  assert.match(
    await clerk.locator('tr', { hasText: '佐藤 花子' }).innerText(),
    /在宅勤務 1日（2026\/6\/16）/,
  );
  await open(clerk, `/telework/survey/users?from=${DAY}&to=${DAY}`);
  const how = await clerk.locator('dl.facts').innerText();
  const [, days, average] = /延べ(\d+)人日 ÷ 開庁日1日 = (\d+)\.0人/.exec(how);
  assert.ok(Number(days) > 0 && days === average && how.includes(`${days}人`), how);
});

test('pages of HR as a machine reads them, wide and narrow', async () => {
  const pages = ['close', 'overtime', 'allowance', 'export', 'year', 'people', ''].map(page =>
    `/admin/telework/${page}`.replace(/\/$/, ''),
  );
  pages.push(
    '/telework/works',
    '/telework/works/chart',
    '/telework/works/staff',
    '/telework/works/rules',
    '/telework/survey',
    '/telework/survey/able',
  );
  for (const path of pages) {
    for (const size of [{ width: 1280, height: 800 }, PHONE]) {
      await clerk.setViewportSize(size);
      await open(clerk, path);
    }
    await judge(clerk, `${path} on a phone`);
  }
  for (const path of [
    '/telework/team',
    '/telework/team?view=month',
    '/telework/takeouts',
    '/telework/things',
    '/telework/papers',
  ]) {
    await open(office, path);
    await judge(office, path);
  }
  // What was refused on purpose is no fault of the page.
  for (const page of [home, office, clerk])
    assert.deepEqual(
      page.faults.filter(fault => !/status of (403|409)/.test(fault)),
      [],
    );
});
