// A survey down and up through the pages, as the people who have it to do: the ministry sends it, a
// prefecture passes it on, a town answers it with two at one form, a division and Excel, hands it
// in once, is asked to mend it, and it arrives at the top.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { launch } from './chromium.mjs';
import { start } from './demo.mjs';
import { signIn } from './open.mjs';
import { read } from './xlsx.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const day = days =>
  new Date(Date.now() + 9 * 3_600_000 + days * 86_400_000).toISOString().slice(0, 10);
let browser, demo, people;
const desks = {};
let here, town, receipt;

before(async () => {
  demo = await start('--sample', '--exchange');
  browser = await launch();
  people = Object.fromEntries(demo.exchange.people.map(person => [person.user, person]));
});

after(async () => {
  await browser?.close();
  await demo?.end();
});

/**
 * A window of somebody who signed in once; another window of the same person shares the sign-in.
 */
async function desk(user) {
  if (!desks[user]) {
    desks[user] = await browser.newPage();
    await signIn(desks[user], demo, people[user], '/exchange');
  }
  return desks[user];
}

/**
 * Fails with what axe finds on the page as it stands, and when a phone would have to scroll it
 * sideways.
 */
async function judge(page) {
  await page.setViewportSize({ width: 390, height: 800 });
  const beyond = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  assert.ok(beyond <= 0, `${page.url()} is ${beyond} too wide for a phone`);
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() =>
    window.axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    }),
  );
  const said = violations.map(
    v => `${v.id}: ${v.help}\n    ${v.nodes.map(n => n.target.join(' ')).join('\n    ')}`,
  );
  assert.deepEqual(said, [], page.url());
}

/** Opens a page and judges it. */
async function go(page, path) {
  const answer = await page.goto(demo.url + path);
  assert.equal(answer.status(), 200, path);
  await judge(page);
}

/** Presses a button and waits for the page it leads to. */
async function press(page, what) {
  const [answer] = await Promise.all([page.waitForNavigation(), page.click(what)]);
  // Read only where it was refused: a page that goes on by itself may be gone already.
  if (answer.status() >= 400)
    assert.fail(`${what}: ${answer.status()} ${await page.locator('.alert').allInnerTexts()}`);
}

/** Does something in the fields of a form and waits until the server has kept it. */
async function typed(page, act) {
  await Promise.all([
    page.waitForResponse(response => response.url().includes('/answer/draft')),
    act(),
  ]);
  await page.waitForSelector('#answers[data-state=saved]');
}

/** The state of the own answer, as the page of the case says it. */
const state = async page => (await page.innerText('dl.facts .chip')).trim();

test('the ministry writes a survey and sends it; the board shows where it is', async () => {
  const ministry = await desk('kuni');
  await go(ministry, '/exchange');
  await press(ministry, 'text=新しい案件を作る');
  here = new URL(ministry.url()).pathname;
  await ministry.fill('#number', '総行女第99号');
  await ministry.fill('#to', '各都道府県総務部長');
  await ministry.fill('#from', '総務省自治行政局');
  await ministry.fill('#subject', 'テレワークの追加調査');
  await ministry.fill('#text', '下記のとおり回答をお願いします。');
  await ministry.fill('#items', '基準日は10月1日とします。');
  await ministry.check('input[name=audience][value=prefectures]');
  await ministry.click('text=都道府県を選ぶ');
  await ministry.check('input[name=prefectures][value="200000"]');
  await ministry.selectOption('#form', 'telework/令和4年');
  await ministry.fill('#deadline', day(14));
  await press(ministry, 'button[name=act][value=save]');
  assert.match(
    await ministry.innerText('main'),
    /78団体/,
    'the prefecture and its 77 municipalities',
  );
  await judge(ministry);
  await press(ministry, 'button[name=act][value=send]');
  await judge(ministry);
  await go(ministry, `${here}/board`);
  assert.match(await ministry.innerText('.map'), /長野\s*0\/78/);
  assert.equal(await ministry.locator('.map a').count(), 47);
  await ministry.setViewportSize({ width: 390, height: 800 });
  const [map, page] = await ministry.$eval('.map', map => [map.scrollWidth, map.clientWidth]);
  assert.ok(map <= page, 'the tiles fit a phone');
  await ministry.setViewportSize({ width: 1280, height: 800 });
});

test('the prefecture passes it on with an earlier day and a note', async () => {
  const prefecture = await desk('ken');
  await go(prefecture, '/exchange');
  await go(prefecture, `${here}/board`);
  await prefecture.check('input[name=whole]');
  await prefecture.fill('#deadline', day(10));
  await prefecture.fill('#note', '県の期限は早めです。');
  await press(prefecture, 'button[value=forward]');
  assert.match(await prefecture.innerText('.filters'), /未受領 77/);
});

test('the town receives it, asks a division, and what is typed is checked, kept and found again', async () => {
  const clerk = await desk('machi');
  await go(clerk, '/exchange');
  await go(clerk, here);
  assert.match(await clerk.innerText('main'), /県の期限は早めです。/);
  await press(clerk, 'button[value=receive]');
  assert.equal(await state(clerk), '受領');
  await go(clerk, `${here}/parts`);
  await clerk.selectOption('#q-able', '020');
  await clerk.selectOption('#q-users', '020');
  await press(clerk, 'button.primary');
  await judge(clerk);

  // The form opens in a window that is closed in the middle of it.
  const first = await clerk.context().newPage();
  await first.goto(`${demo.url}${here}/answer`);
  await typed(first, () => first.fill('[name="q.staff"]', '2021/10/1'));
  assert.match(await first.textContent('#staff .wrong'), /日付/);
  await typed(first, () => first.fill('[name="q.staff"]', '900'));
  assert.match(await first.textContent('#staff .wrong'), /理由/);
  await typed(first, () => first.check('[name="q.adoption"][value=formal]'));
  assert.equal(await first.getAttribute('#forms', 'data-asked'), 'true');
  await first.close();
  await go(clerk, `${here}/answer`);
  assert.equal(await clerk.inputValue('[name="q.staff"]'), '900');
  assert.equal(await clerk.isChecked('[name="q.adoption"][value=formal]'), true);
  assert.deepEqual(clerk.faults, []);
});

test('two at one form: what one typed comes to the other, and of both at one question neither loses anything', async () => {
  const one = await desk('machi');
  const two = await one.context().newPage();
  await two.goto(`${demo.url}${here}/answer`);
  await typed(one, () => one.check('[name="q.part_time"][value=included]'));
  await typed(two, () => two.fill('[name="q.excluded"]', '21'));
  await two.waitForFunction(
    () => document.querySelector('[name="q.part_time"][value=included]').checked,
  );
  await typed(one, () => one.fill('[name="q.excluded"]', '22'));
  assert.match(await one.textContent('[data-changes=excluded]'), /21人/);
  await typed(one, () => one.click('[data-changes=excluded] button'));
  assert.equal(await one.inputValue('[name="q.excluded"]'), '21');
  await two.close();
});

test('the division answers its part with a reason; the rest goes out to Excel and comes back in', async () => {
  const division = await desk('machi-joho');
  await go(division, '/exchange');
  await go(division, `${here}/answer`);
  assert.equal(await division.locator('[name="q.staff"]').count(), 0, "the rest is the desk's");
  await division.fill('[name="q.able"]', '300');
  await division.fill('[name="q.users"]', '90');
  const reason = division.locator('[name="r.able"]');
  if (await reason.isVisible()) await reason.fill('対象を広げたため');
  await press(division, 'button[value=finish]');

  const clerk = await desk('machi');
  await clerk.goto(`${demo.url}${here}/answer`);
  await clerk.fill('[name="r.staff"]', '組織を改めたため');
  await clerk.check('[name="q.forms"][value=home]');
  await press(clerk, 'button[value=save]');
  await go(clerk, `${here}/answer/workbook`);
  const [file] = await Promise.all([
    clerk.waitForEvent('download'),
    clerk.click('text=現在の回答入り'),
  ]);
  const bytes = readFileSync(await file.path());
  assert.equal(bytes.subarray(0, 2).toString(), 'PK');
  // The same file back: nothing to mend, and the answer stands as it stood. A file that is no
  // workbook is told so.
  await clerk.setInputFiles('#file', {
    name: 'answer.xlsx',
    mimeType: 'application/zip',
    buffer: bytes,
  });
  await press(clerk, 'button.primary');
  assert.equal(await clerk.innerText('[data-count=changed]'), '0');
  await judge(clerk);
  await press(clerk, '#take button');
  assert.equal(await clerk.inputValue('[name="q.able"]'), '300');
  await clerk.goto(`${demo.url}${here}/answer/workbook`);
  await clerk.setInputFiles('#file', {
    name: 'answer.xlsx',
    mimeType: 'application/zip',
    buffer: Buffer.from('no workbook'),
  });
  await Promise.all([clerk.waitForNavigation(), clerk.click('button.primary')]);
  assert.match(await clerk.innerText('.alert'), /取り込めませんでした/);
  await judge(clerk);
  clerk.faults.length = 0; // The browser names the refusal (422) on its console.
});

test('approved inside by another, handed in once however often it is pressed', async () => {
  const [clerk, chief] = [await desk('machi'), await desk('machi-kacho')];
  await go(clerk, here);
  await press(clerk, 'button[value=ask-approval]');
  await go(chief, here);
  await press(chief, 'button[value=approve]');
  await go(clerk, here);
  // Twice at once, as an impatient hand does, and once more from the page that was left open.
  const form = await clerk.$eval('button[value=submit]', button =>
    [...new FormData(button.form, button)].map(([k, v]) => [k, String(v)]),
  );
  const send = () =>
    clerk.request.post(`${demo.url}${here}/own`, {
      form: Object.fromEntries(form),
      headers: { origin: demo.url },
      maxRedirects: 0,
    });
  const answers = await Promise.all([send(), send()]);
  assert.deepEqual(
    answers.map(a => a.status()),
    [303, 303],
  );
  await press(clerk, 'button[value=submit]');
  const numbers = await clerk.locator('h3:has-text("受付番号") + ul .code').allInnerTexts();
  assert.equal(numbers.length, 1, numbers.join());
  [receipt] = numbers;
  await judge(clerk);
  await go(clerk, `/exchange/receipts?number=${receipt}`);
  assert.match(await clerk.innerText('main'), /受け付けています/);
});

test('the prefecture returns it with a remark, the town mends it, and it goes up', async () => {
  const [prefecture, clerk, chief] = [
    await desk('ken'),
    await desk('machi'),
    await desk('machi-kacho'),
  ];
  town = `${here}/bodies/${people.machi.body}`;
  await go(prefecture, town);
  await prefecture.fill('[name=remark-staff]', '基準日の人数ですか');
  await prefecture.fill('#until', day(11));
  await press(prefecture, 'button[value=return]');
  await go(clerk, here);
  assert.match(await clerk.innerText('.alert'), /基準日の人数ですか/);
  await clerk.goto(`${demo.url}${here}/answer`);
  await clerk.fill('[name="q.staff"]', '800');
  await press(clerk, 'button[value=save]');
  for (const [page, act] of [
    [clerk, 'ask-approval'],
    [chief, 'approve'],
    [clerk, 'submit'],
  ]) {
    await page.goto(demo.url + here);
    await press(page, `button[value=${act}]`);
  }
  assert.equal(await clerk.locator('h3:has-text("受付番号") + ul li').count(), 2);
  await prefecture.goto(demo.url + town);
  await press(prefecture, 'button[value=pass]');
  await press(prefecture, 'button[value=hand-up]');
  await go(prefecture, `${here}/tables`);
});

test('more time is asked for and given; what was handed up is taken back with a reason and comes again', async () => {
  const [ministry, prefecture, clerk, chief] = [
    await desk('kuni'),
    await desk('ken'),
    await desk('machi'),
    await desk('machi-kacho'),
  ];
  // A small survey of its own, straight to one town.
  await ministry.goto(`${demo.url}/exchange`);
  await press(ministry, 'text=新しい案件を作る');
  const other = new URL(ministry.url()).pathname;
  await ministry.fill('#subject', '延長と訂正の照会');
  await ministry.check('input[name=path][value=direct]');
  await ministry.check('input[name=audience][value=list]');
  await ministry.fill('#list', people.machi.body);
  await ministry.selectOption('#form', 'telework/令和4年');
  await ministry.fill('#deadline', day(3));
  await press(ministry, 'button[name=act][value=send]');
  await clerk.goto(demo.url + other);
  await press(clerk, 'button[value=receive]');
  await clerk.click('summary:has-text("期限の延長を依頼する")');
  await clerk.fill('#until', day(9));
  await clerk.fill('#why-extend', '議会の会期と重なるため');
  await press(clerk, 'button[value=extend]');
  assert.match(await clerk.innerText('dl.facts'), /延長を依頼中[^]*議会の会期と重なるため/);
  await judge(clerk);
  const theirs = `${other}/bodies/${people.machi.body}`;
  await go(ministry, theirs);
  assert.match(await ministry.innerText('main'), /議会の会期と重なるため/);
  await press(ministry, 'button[value=grant]');
  await clerk.goto(demo.url + other);
  const [, month, date] = day(9).split('-').map(Number);
  assert.match(await clerk.innerText('dl.facts'), new RegExp(`${month}月${date}日`));
  assert.doesNotMatch(await clerk.innerText('dl.facts'), /延長を依頼中/);

  await clerk.goto(`${demo.url}${other}/answer`);
  await typed(clerk, () => clerk.fill('[name="q.staff"]', '880'));
  await typed(clerk, () => clerk.fill('[name="r.staff"]', '組織を改めたため'));
  await clerk.check('[name="q.adoption"][value=none]');
  await clerk.locator('[name="q.reasons"]').first().check();
  await press(clerk, 'button[value=save]');
  const handIn = async () => {
    for (const [page, act] of [
      [clerk, 'ask-approval'],
      [chief, 'approve'],
      [clerk, 'submit'],
    ]) {
      await page.goto(demo.url + other);
      await press(page, `button[value=${act}]`);
    }
  };
  await handIn();
  // Handed in, it cannot be typed over; it is taken back, saying why, and comes again under the
  // next number.
  await clerk.goto(`${demo.url}${other}/answer`);
  assert.equal(await clerk.locator('button[value=save]').count(), 0);
  await clerk.goto(demo.url + other);
  await clerk.click('summary:has-text("訂正のため取り下げる")');
  await clerk.fill('#why-correct', '休職者を二重に数えていたため');
  await judge(clerk);
  await press(clerk, 'button[value=correct]');
  await clerk.goto(`${demo.url}${other}/answer`);
  await clerk.fill('[name="q.staff"]', '878');
  await press(clerk, 'button[value=save]');
  await handIn();
  assert.equal(await clerk.locator('h3:has-text("受付番号") + ul li').count(), 2);
  await go(clerk, `${other}/versions`);
  assert.match(
    await clerk.innerText('main section >> nth=0'),
    /休職者を二重に数えていたため[^]*880人[^]*878人/,
  );
  await go(ministry, theirs);
  assert.match(await ministry.innerText('main'), /878人/);
  assert.match(await ministry.innerText('main'), /休職者を二重に数えていたため/);
  assert.equal(
    (await prefecture.goto(demo.url + theirs)).status(),
    404,
    'straight to the town: the prefecture has no part in it',
  );
  prefecture.faults.length = 0; // The browser names the 404 on its console.
});

test('what came another way is taken in from one file, all or nothing, with a bar that says how far it is', async () => {
  const ministry = await desk('kuni');
  await ministry.goto(`${demo.url}/exchange`);
  await press(ministry, 'text=新しい案件を作る');
  const country = new URL(ministry.url()).pathname;
  await ministry.fill('#subject', '紙でも集める照会');
  await ministry.check('input[name=path][value=direct]');
  await ministry.check('input[name=audience][value=all]');
  await ministry.selectOption('#form', 'telework/令和4年');
  await ministry.fill('#deadline', day(20));
  await press(ministry, 'button[name=act][value=send]');
  await go(ministry, `${country}/import`);
  const [list] = await Promise.all([
    ministry.waitForEvent('download'),
    ministry.click('text=回答一覧をダウンロード'),
  ]);
  // The list as it came out, filled in for everybody; one cell of it is a day where a number
  // belongs.
  const [rows] = read(readFileSync(await list.path()));
  const column = name => rows[0].indexOf(name);
  const [staff, why, adoption, reasons] = [
    '一般行政職員数',
    '一般行政職員数(理由)',
    '導入状況',
    '未導入理由',
  ].map(column);
  assert.equal(rows.length, 1 + 1788);
  for (const row of rows.slice(1)) {
    row[staff] = '120';
    row[why] = '紙の回答のとおり';
    row[adoption] = '導入する予定はない・未定';
    row[reasons] = 'テレワーク導入のためにコストがかかる';
  }
  const send = async () => {
    const text = rows
      .map(row => Array.from(rows[0], (_, at) => row[at] ?? '').join(','))
      .join('\r\n');
    await ministry.goto(`${demo.url}${country}/import`);
    await ministry.fill('#reason', '紙で届いたため');
    await ministry.setInputFiles('#file', {
      name: 'answers.csv',
      mimeType: 'text/csv',
      buffer: Buffer.from(text),
    });
    await press(ministry, 'button.primary');
  };
  rows[5][staff] = '2021/10/1';
  await send();
  const cell = `${String.fromCharCode(65 + staff)}6`;
  await ministry.waitForSelector('.alert:not([hidden]) + .scroll');
  assert.match(await ministry.innerText('main table'), new RegExp(`${cell}\\s+.*日付`));
  await judge(ministry);
  const [copy] = await Promise.all([
    ministry.waitForEvent('download'),
    ministry.click('text=誤りに印を付けたブックをダウンロード'),
  ]);
  const [marked] = read(readFileSync(await copy.path()));
  assert.equal(marked[5][staff], '2021/10/1', 'as it was sent');
  assert.match(marked[5].at(-1), new RegExp(`^${cell}：`));
  await go(ministry, `${country}/board`);
  assert.match(await ministry.innerText('main .big'), /^0 \/ 1,?788/, 'no row of it was taken');

  rows[5][staff] = '120';
  // First it is only looked at.
  await send();
  await ministry.waitForSelector('#take');
  assert.equal(await ministry.innerText('[data-count=new]'), '1788');
  await judge(ministry);
  // What the server says of its work is let through to the page as it comes, until there is
  // something to see; then once it was seen.
  const told = [];
  let seen;
  let hold = Promise.resolve();
  await ministry.route('**/progress', async route => {
    await hold;
    const response = await route.fetch();
    told.push(await response.json());
    if (told.at(-1).done > 0 && !seen)
      hold = new Promise(go => {
        seen = go;
      });
    await route.fulfill({ response });
  });
  await press(ministry, '#take button.primary');
  const bar = ministry.locator('#progress progress');
  assert.equal(await bar.getAttribute('aria-label'), '取り込みの進み具合');
  await ministry.waitForFunction(() => {
    const [bar, done, total] = ['#progress progress', '[data-done]', '[data-total]'].map(what =>
      document.querySelector(what),
    );
    return (
      bar?.max === 1788 &&
      bar.value > 0 &&
      done.textContent === String(bar.value) &&
      total.textContent === '1788'
    );
  });
  await judge(ministry);
  seen();
  await ministry.waitForSelector('.notice');
  assert.match(await ministry.innerText('.notice'), /1788団体の回答を取り込みました/);
  await ministry.unroute('**/progress');
  const done = told.map(one => one.done);
  assert.deepEqual(
    done,
    done.toSorted((a, b) => a - b),
    'it only goes on',
  );
  await go(ministry, `${country}/board`);
  assert.match(await ministry.innerText('main .big'), /^1,?788 \/ 1,?788/);
  assert.deepEqual(ministry.faults, []);
});

test('the ministry sees it arrive, counts it and answers a question for everybody', async () => {
  const [ministry, clerk] = [await desk('kuni'), await desk('machi')];
  await clerk.goto(demo.url + here);
  await clerk.fill('#question', '会計年度任用職員を含みますか。');
  await press(clerk, 'text=質問を送る');
  await go(ministry, here);
  await ministry.click('summary:has-text("回答する")');
  await ministry.fill('#reply-0', '含みません。');
  await press(ministry, 'text=公開する');
  await go(ministry, `${here}/board`);
  assert.match(await ministry.innerText('.map'), /長野\s*1\/78/);
  await go(ministry, town);
  assert.match(await ministry.innerText('main'), /800人/);
  await go(ministry, `${here}/tables`);
  assert.match(await ministry.innerText('#導入状況'), /1/);
  const [book] = await Promise.all([
    ministry.waitForEvent('download'),
    ministry.click('text=回答一覧と集計表'),
  ]);
  assert.equal(
    readFileSync(await book.path())
      .subarray(0, 2)
      .toString(),
    'PK',
  );
  assert.deepEqual(ministry.faults, []);
});

test('the other pages of the desks', async () => {
  const ministry = await desk('kuni');
  for (const path of [
    '/exchange/forms',
    '/exchange/forms/edit',
    '/exchange/lineage',
    '/exchange/newcomers',
    `${here}/import`,
    '/exchange/cases/2021-0001/tables',
    '/admin/exchange',
  ]) {
    await go(ministry, path);
  }
  const operator = await browser.newPage();
  await go(operator, '/sign-in');
  await signIn(operator, demo, { ...demo.admin, body: demo.body }, '/exchange/servers');
  await operator.fill('#name', 'LGWAN側のサーバー');
  await operator.fill('#key', '5'.repeat(64));
  await press(operator, 'text=登録する');
  await judge(operator);
});
