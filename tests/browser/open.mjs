// The way in, for anybody who drives the product from outside: `open(page, demo)` for a page of
// Playwright and the line that `cargo xtask demo --json` prints. Needs nothing but that page.

import { createHmac } from 'node:crypto';

/**
 * Signs in. Resolves on the first page after it. A code works once, so a refusal waits for the next
 * one.
 */
export async function signIn(page, demo, person = demo, next = '/') {
  for (let tries = 0; tries < 3; tries += 1) {
    await page.goto(`${demo.url}/sign-in?next=${encodeURIComponent(next)}`);
    // A list of a few bodies, a field on a server of many, nothing on a server of one.
    if (await page.locator('select[name=body]').count())
      await page.selectOption('select[name=body]', person.body ?? demo.body);
    else if (await page.locator('input[type=text][name=body]').count())
      await page.fill('input[name=body]', person.body ?? demo.body);
    await page.fill('#login', person.user);
    await page.fill('#password', person.password);
    // Where the programs live at a time of their own, so do their codes.
    const now = demo.now?.() ?? Date.now();
    await page.fill('#code', totp(person.totp_secret, now));
    await page.click('#sign-in button');
    await page.waitForLoadState();
    if (!new URL(page.url()).pathname.startsWith('/sign-in')) return;
    await page.waitForTimeout(30_000 - (now % 30_000) + 200);
  }
  throw new Error('sign-in was refused three times');
}

/** Pairs this page's browser by the slip, as whoever is signed in. */
export async function pair(page, demo) {
  await page.goto(`${demo.url}/pair#${demo.invite}`);
  await page.waitForSelector('#go');
  await page.click('#go');
  await page.waitForSelector('#done:not([hidden])');
}

/**
 * Opens the session of the demo's PC and resolves when it is live, at the desktop's own size, one
 * pixel to one.
 */
export async function connect(page, demo, target = demo.target) {
  await page.addInitScript(() => {
    // A choice of the person, as the toolbar keeps it.
    if (!localStorage.getItem('noren.session')) {
      localStorage.setItem(
        'noren.session',
        JSON.stringify({ typing: 'office', view: 'actual', resize: false }),
      );
    }
  });
  await page.goto(`${demo.url}/session/${await pc(page, demo, target)}`);
  await live(page, demo);
}

/**
 * The server's id of a PC by its name, once its agent is there; whoever is signed in must be
 * allowed it.
 */
export async function pc(page, demo, name = demo.target) {
  for (;;) {
    const { targets } = await (await page.request.get(`${demo.url}/api/targets`)).json();
    const found = targets.find(t => t.name === name);
    if (found && found.state !== 'offline') return found.id;
    await page.waitForTimeout(100);
  }
}

/** Resolves when the session is live; types the office PC's credentials where it asks. */
export async function live(page, demo) {
  const canvas = page.locator('canvas#screen[data-state=live]');
  if (demo.office?.user) {
    const asks = page.locator('dialog#credentials[open]');
    await canvas.or(asks).first().waitFor();
    if (await asks.count()) await credentials(page, demo.office.user, demo.office.password);
  }
  await canvas.waitFor();
}

/** Types the office PC's credentials where the session asks for them. */
export async function credentials(page, user, password) {
  await page.fill('#credentials-user', user);
  await page.fill('#credentials-password', password);
  await page.click('#credentials-form button[type=submit]');
}

/** Signs in, pairs and opens: a page with the office PC in it. */
export async function open(page, demo) {
  await signIn(page, demo);
  await pair(page, demo);
  await connect(page, demo);
}

/** The code of a one-time password (RFC 6238) at a time in milliseconds. */
export function totp(secret, now = Date.now()) {
  let bits = '';
  for (const c of secret.toUpperCase().replace(/=+$/, ''))
    bits += 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0');
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map(b => parseInt(b, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(now / 30000)));
  const sum = createHmac('sha1', key).update(counter).digest();
  const at = sum[19] & 15;
  return String((sum.readUInt32BE(at) & 0x7fffffff) % 1000000).padStart(6, '0');
}
