// From an empty folder to a live session through the pages: the first administrator, the body, its
// staff by form and by file, an agent, a PC, a slip, a passkey.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch } from './chromium.mjs';
import { until } from './desktops.mjs';
import { live, signIn, totp } from './open.mjs';
import { Town } from './town.mjs';
import { xlsx } from './xlsx.mjs';

const PASSWORD = 'Kx7-vale-0mbrello';
const admin = { user: 'it.taro', password: PASSWORD, totp_secret: null };
const staff = { user: 'hanako', password: PASSWORD, totp_secret: null };
/** Ways to write the path of the set-up page. */
const SPELLINGS = [
  '/set-up',
  '/set-up/',
  '//set-up',
  '/SET-UP',
  '/set%2Dup',
  '/%73et-up',
  '/x/../set-up',
  '/./set-up',
  '/set-up?x',
  '/set-up;x',
  '/set-up%00',
  '/set-up%2F',
];

let browser, town, office, home, code, slips;

before(async () => {
  town = new Town();
  await town.startServer();
  browser = await launch();
  office = await browser.newPage();
});

after(async () => {
  await browser?.close();
  await town?.end();
});

test('an empty folder becomes a server with one administrator', async () => {
  code = (
    await until(() => /^ {4}([0-9A-Z-]{19})$/m.exec(town.said()), 'the code on the terminal')
  )[1];
  await office.goto(`${town.url}/`);
  assert.equal(new URL(office.url()).pathname, '/set-up');
  await office.fill('#setup', 'AAAA-AAAA-AAAA-AAAA');
  await office.click('form.card button');
  await office.locator('#setup-wrong').waitFor();
  assert.equal(await office.locator('.qr').count(), 0, 'no key for whoever does not know the code');
  await office.fill('#setup', code);
  await office.click('form.card button');
  // One of the 1,788, by its code.
  await office.fill('#search', '131016');
  await office.click('button[value=search]');
  await office.check('input[name=body][value="131016"]');
  assert.match(await office.locator('fieldset.choices label').textContent(), /千代田区/);
  await office.fill('#name', '情報 太郎');
  await office.fill('#login', admin.user);
  await office.fill('#password', PASSWORD);
  await office.fill('#again', PASSWORD);
  admin.totp_secret = (await office.locator('#totp-key').textContent()).trim();
  await office.fill('#totp', totp(admin.totp_secret));
  await office.click('button[value=finish]');
  await office.waitForURL(/\/account/);
});

test('the set-up page is gone under every spelling, also after a restart', async () => {
  const walk = async () => {
    const stranger = await browser.newPage();
    await stranger.goto(`${town.url}/sign-in`);
    for (const path of SPELLINGS) {
      // As it stands, which a browser would first make straight.
      assert.equal(await raw('GET', path), 404, path);
      // With the token of a page that is there, as a browser sends it.
      const status = await stranger.evaluate(
        async ([path, setup]) => {
          const csrf = document.querySelector('#sign-in input[name=csrf]').value;
          return (
            await fetch(path, {
              method: 'POST',
              body: new URLSearchParams({ csrf, setup, step: 'search', search: '札幌' }),
            })
          ).status;
        },
        [path.startsWith('//') ? `/.${path}` : path, code],
      );
      assert.equal(status, 404, path);
    }
    await stranger.context().close();
  };
  await walk();
  await town.kill('server');
  await town.startServer();
  await walk();
  assert.ok(
    !/one-time|type this code/.test(town.said().slice(town.said().lastIndexOf('noren-server:'))),
    'no new code is printed',
  );
});

test('staff by form: a slip for each, once', async () => {
  await office.goto(`${town.url}/admin/divisions`);
  await office.fill('#code', '020');
  await office.fill('#name', '総務課');
  await office.click('form[action="/admin/divisions"] button.primary');
  await office.goto(`${town.url}/admin/staff/new`);
  for (const role of ['staff', 'superior', 'it', 'hr', 'auditor'])
    assert.equal(await office.locator(`input[name=role_${role}]`).count(), 1, role);
  await office.fill('#name', '佐藤 花子');
  await office.fill('#login', staff.user);
  await office.selectOption('#division', { label: '総務課（020）' });
  await office.check('input[name=role_staff]');
  await office.click('button.primary');
  staff.slip = (await office.locator('.slip').textContent()).trim();
  assert.match(staff.slip, /^[0-9A-Z]{4}(-[0-9A-Z]{4}){3}$/);
});

test('staff by CSV and by Excel: every fault by its cell, all or nothing', async () => {
  const csv = rows => ({
    name: 'staff.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from(rows.map(r => r.join(',')).join('\r\n')),
  });
  const book = rows => ({
    name: 'staff.xlsx',
    mimeType: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    buffer: xlsx(rows),
  });
  const heading = ['サインイン名', '氏名', '所属コード', '役割', '会計年度任用職員'];
  const upload = async file => {
    await office.goto(`${town.url}/admin/import/staff`);
    await office.setInputFiles('#file', file);
    await office.click('form[enctype] button');
    await office.waitForLoadState();
    // A good file is shown first, and taken when somebody says so.
    if ((await office.locator('#take').count()) === 0) return;
    await office.click('#take button');
    await office.waitForLoadState();
  };
  const people = async () => {
    await office.goto(`${town.url}/admin/staff`);
    return office.locator('tbody tr').count();
  };
  const before = await people();
  const wrong = [
    heading,
    ['new.one', '一 新人', '999', '職員', 'いいえ'],
    ['new.two', '二 新人', '020', '王様', 'はい'],
    [staff.user, '三 新人', '020', '職員', 'たぶん'],
  ];
  for (const file of [csv(wrong), book(wrong)]) {
    await upload(file);
    const cells = await office.locator('tbody th').allTextContents();
    assert.deepEqual(cells.sort(), ['A4', 'C2', 'D3', 'E4'], file.name);
    assert.equal(await people(), before, 'none of the rows was taken');
  }
  slips = [];
  for (const [file, name] of [
    [
      csv([
        heading,
        ['csv.one', '鈴木 一', '020', '職員・所属長', 'いいえ'],
        ['csv.two', '鈴木 二', '', '人事担当', ''],
      ]),
      'csv',
    ],
    [
      book([
        heading,
        ['book.one', '高橋 一', '020', '監査', ''],
        ['book.two', '高橋 二', '020', '職員', 'はい'],
      ]),
      'book',
    ],
  ]) {
    await upload(file);
    assert.equal(await office.locator('.slip').count(), 2, name);
    slips.push(...(await office.locator('.slip').allTextContents()));
  }
  assert.equal(await people(), before + 4);
  assert.equal(new Set(slips).size, 4);
});

test('a member of staff begins by her slip, and adds a passkey', async () => {
  home = await browser.newPage();
  await home.goto(`${town.url}/activate`);
  await home.fill('#slip', staff.slip.toLowerCase());
  await home.click('form.card button');
  await home.fill('#password', PASSWORD);
  await home.fill('#again', PASSWORD);
  staff.totp_secret = (await home.locator('#totp-key').textContent()).trim();
  // A code works once; the one before is still good, and leaves the present one for the sign-in.
  await home.fill('#totp', totp(staff.totp_secret, Date.now() - 30_000));
  await home.click('button.primary');
  await home.waitForURL(url => !url.pathname.startsWith('/activate'));
  await signIn(home, town, { body: '131016', ...staff });
  const keys = await home.context().newCDPSession(home);
  await keys.send('WebAuthn.enable');
  const { authenticatorId } = await keys.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  await home.goto(`${town.url}/account`);
  await home.fill('#passkey-name', '自宅のノートPC');
  await home.click('#passkey-add');
  await home.locator('tbody th', { hasText: '自宅のノートPC' }).waitFor();
  // The same authenticator once more is told as that, and not as a failure.
  await home.click('#passkey-add');
  await home.locator('#passkey-known').waitFor();
  assert.equal(await home.locator('#passkey-failed').isVisible(), false);
  // Out, and in again with the key alone: possession and the gesture that unlocks it are the two
  // factors.
  await home.click('form[action="/sign-out"] button');
  await home.goto(`${town.url}/sign-in`);
  await home.click('#passkey-enter');
  await home.waitForURL(url => url.pathname === '/');
  // An authenticator that did not verify its person is one factor: no.
  await home.click('form[action="/sign-out"] button');
  await keys.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false });
  await home.goto(`${town.url}/sign-in`);
  await home.click('#passkey-enter');
  await home.locator('#passkey-failed').waitFor();
  assert.match(
    (await home.goto(`${town.url}/account`)).url(),
    /\/sign-in/,
    'no session came of it',
  );
  await keys.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: true });
  await home.goto(`${town.url}/sign-in`);
  await home.click('#passkey-enter');
  await home.waitForURL(url => url.pathname === '/');
});

test('an agent by a token that works once; マイナンバー利用事務系 is no zone', async () => {
  await office.goto(`${town.url}/admin/agents`);
  await office.fill('#name', '本庁舎 3階');
  await office.click('form[action="/admin/agents"] button');
  const token = (await office.locator('#token').textContent()).trim();
  await town.ok('agent', 'enroll', '--server', town.inside, '--token-file', town.secret(token));
  const refused = await town.run(
    'agent',
    'target',
    'add',
    'sample',
    '--name',
    '個人番号',
    '--zone',
    'mynumber',
  );
  assert.notEqual(refused.code, 0);
  assert.match(refused.stderr, /zone/);
  await town.ok(
    'agent',
    'target',
    'add',
    'sample',
    '--name',
    '総務課のパソコン',
    '--zone',
    'lgwan',
  );
  await town.start('agent', ['run']);
  await until(async () => {
    await office.goto(`${town.url}/admin/pcs`);
    return office.locator('tbody tr', { hasText: '総務課のパソコン' }).count();
  }, 'the PC');
  // It is called as was typed for the token, whatever the machine calls itself.
  await office.goto(`${town.url}/admin/agents`);
  assert.deepEqual(await office.locator('tbody th').allTextContents(), ['本庁舎 3階']);
  await office.goto(`${town.url}/admin/pcs`);
});

test('what is not permitted is not seen; permitted and paired, it opens', async () => {
  await home.goto(`${town.url}/`);
  assert.equal(await home.locator('.pc').count(), 0);
  await office.click('tbody tr:has-text("総務課のパソコン") a');
  const pc = new URL(office.url()).pathname.split('/').pop();
  // Without a permission the page is as if it were not.
  assert.equal((await home.goto(`${town.url}/session/${pc}`)).status(), 404);
  const day = days =>
    new Date(Date.now() + 9 * 3_600_000 + days * 86_400_000).toISOString().slice(0, 10);
  await office.selectOption('#login', staff.user);
  await office.fill('#from', day(0));
  await office.fill('#until', day(30));
  await office.click('form[action$="/assign"] button');
  const slip = await town.slip(staff.user);
  await home.goto(`${town.url}/pair#${slip}`);
  assert.equal(new URL(home.url()).hash, '', 'the secret is out of the address bar');
  await home.click('#go');
  await home.locator('#done:not([hidden]), #failed:not([hidden])').waitFor();
  assert.equal(await home.locator('#failed-text').textContent(), '');
  await home.goto(`${town.url}/`);
  await home.click('.pc a.button');
  await live(home, town);
});

/** The status of a request whose path nobody makes straight. */
async function raw(method, path) {
  const { connect } = await import('node:net');
  return new Promise((resolve, reject) => {
    const socket = connect(town.port, '127.0.0.1', () =>
      socket.write(
        `${method} ${path} HTTP/1.1\r\nhost: localhost:${town.port}\r\nconnection: close\r\n\r\n`,
      ),
    );
    let text = '';
    socket
      .on('data', bytes => {
        text += bytes;
      })
      .on('error', reject)
      .on('end', () => resolve(Number(/^HTTP\/1.1 (\d+)/.exec(text)?.[1])));
  });
}
