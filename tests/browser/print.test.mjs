// Slips on paper: no slip is cut by a page's end, whoever scans one is at the right place with its
// code, and what is not for the person is not on the sheet.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { launch } from './chromium.mjs';
import { signIn } from './open.mjs';
import { Town } from './town.mjs';

const BODY = '131016';
const PEOPLE = 47;

let browser, town, page;

before(async () => {
  town = new Town();
  const file = path.join(town.folder, 'plan.json');
  const staff = [{ login: 'admin', name: '情報 太郎', roles: 'staff+it' }];
  writeFileSync(file, JSON.stringify({ body: BODY, divisions: [], staff }));
  await town.startServer({ seed: file });
  browser = await launch();
  page = await browser.newPage();
  await signIn(page, town, { body: BODY, ...town.seeded.staff[0] });
});

after(async () => {
  await browser?.close();
  await town?.end();
});

/** What a reader finds on each page of a PDF. */
const pages = pdf =>
  new Promise((resolve, reject) => {
    const options = { maxBuffer: 64 << 20 };
    const child = execFile('pdftotext', ['-layout', '-', '-'], options, (error, text) => {
      if (error) reject(error);
      else resolve(text.replace(/\f$/, '').split('\f'));
    });
    child.stdin.end(pdf);
  });

test("no slip is cut by a page's end", async () => {
  const rows = [['サインイン名', '氏名', '所属コード', '役割', '会計年度任用職員']];
  for (let n = 1; n <= PEOPLE; n++) {
    const name = n % 5 ? `職員 ${n}番` : `とても長い名前の職員 ${'長'.repeat(40)} ${n}番`;
    rows.push([`person${n}.x`, name, '', '職員', '']);
  }
  const buffer = Buffer.from(rows.map(row => row.join(',')).join('\r\n'));
  const csv = { name: 'staff.csv', mimeType: 'text/csv', buffer };
  await page.goto(`${town.url}/admin/import/staff`);
  await page.setInputFiles('#file', csv);
  await page.click('form[enctype] button');
  await page.getByRole('button', { name: 'この内容で取り込む' }).click();
  await page.locator('.paper-slip').first().waitFor();
  const slips = await page.locator('.paper-slip').evaluateAll(all =>
    all.map(slip => ({
      login: slip.querySelector('h2').textContent.match(/（(.*)）/)[1],
      code: slip.querySelector('.slip').textContent.trim(),
      qr: slip.querySelectorAll('.qr svg').length,
    })),
  );
  assert.equal(slips.length, PEOPLE);
  assert.ok(slips.every(slip => slip.qr === 1));
  for (const format of ['A4', 'A5']) {
    const printed = await pages(await page.pdf({ format }));
    const sheets = printed.map(text => text.replace(/\s/g, ''));
    for (const { login, code } of slips) {
      const named = sheets.flatMap((text, at) => (text.includes(`（${login}）`) ? [at] : []));
      const coded = sheets.flatMap((text, at) => (text.includes(code) ? [at] : []));
      assert.equal(named.length, 1, `${format} ${login}: ${named}`);
      assert.deepEqual(coded, named, `${format} ${login}: its code is on its own sheet`);
    }
    for (const text of sheets) {
      // As many names as codes as last lines: whole slips and nothing else.
      const count = what => text.split(what).length - 1;
      assert.equal(count('まで有効'), count('/activate'), format);
      const other = ['一度しか表示されません', 'メニュー'].filter(words => text.includes(words));
      assert.deepEqual(other, [], text.slice(0, 200));
    }
    // Six to a sheet, or two where one is small.
    const most = format === 'A4' ? Math.ceil(PEOPLE / 6) + 3 : PEOPLE;
    assert.ok(sheets.length <= most, `${sheets.length} sheets`);
  }
});

test('whoever scans a slip finds its code filled in, and nothing of it in the address', async () => {
  const code = (await page.locator('.slip').first().textContent()).trim();
  const phone = await browser.newPage({ viewport: { width: 390, height: 844 } });
  await phone.goto(`${town.url}/activate#${code}`);
  await phone.waitForFunction(() => document.getElementById('slip').value !== '');
  assert.equal(await phone.inputValue('#slip'), code);
  assert.equal(phone.url(), `${town.url}/activate`);
  await phone.click('button.primary');
  await phone.locator('#totp, input[name=totp]').first().waitFor();
});
