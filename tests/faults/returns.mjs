// How long the page needs to be live again after what was killed, cut or silent is back, for `cargo
// xtask bench faults`: a line of JSON a fault. Arguments: rounds, then options of the demo. Real
// programs, a real desktop, a real browser.
import { launch } from '../browser/chromium.mjs';
import { start } from '../browser/demo.mjs';
import { freePort } from '../browser/desktops.mjs';
import { open } from '../browser/open.mjs';
import { Town } from '../browser/town.mjs';
import { Gate } from './gate.mjs';

const LIVE = 'canvas#screen[data-state=live]';
const LOST = 'canvas#screen:not([data-state=live])';
/**
 * With the relay on its own. What is killed, in which order it comes back; without the relay's fall
 * the server's would not be missed.
 */
const APART = {
  relay: [['relay'], ['relay']],
  agent: [['agent'], ['agent']],
  desktop: [['desktop'], ['desktop']],
  'server and relay': [
    ['server', 'relay'],
    ['relay', 'server'],
  ],
  'relay and server': [
    ['relay', 'server'],
    ['server', 'relay'],
  ],
  'agent and relay': [
    ['agent', 'relay'],
    ['relay', 'agent'],
  ],
  'all, agent last': [
    ['server', 'desktop', 'agent', 'relay'],
    ['desktop', 'relay', 'server', 'agent'],
  ],
  'all, relay last': [
    ['agent', 'relay', 'server', 'desktop'],
    ['agent', 'server', 'desktop', 'relay'],
  ],
  'all, server last': [
    ['relay', 'server', 'agent', 'desktop'],
    ['desktop', 'agent', 'relay', 'server'],
  ],
};
/** With the relay inside the server, as on a village's one box. */
const INSIDE = {
  'server with the relay inside': [['server'], ['server']],
  'server with the relay inside, and agent': [
    ['agent', 'server'],
    ['server', 'agent'],
  ],
};

const rounds = Number(process.argv[2] ?? 5);
const options = process.argv.slice(3);
/**
 * How long it stays away: from one that is back at once to one that somebody has to start again, in
 * ms.
 */
const AWAY = [0, 1000, 4000, 10_000];
const away = round => AWAY[round % AWAY.length];
const browser = await launch();

/** Does it, waits until it is missed, mends it, and says how long the page needed from then on. */
async function timed(page, what, round, breaks, mends) {
  await page.locator(LIVE).waitFor();
  await breaks();
  await page.locator(LOST).waitFor();
  await page.waitForTimeout(away(round));
  await mends();
  // The desktop listens before it is of use, and the others after: the same clock for all, from the
  // last one's return.
  const returned = Date.now();
  await page.locator(LIVE).waitFor({ timeout: 120_000 });
  console.log(JSON.stringify({ what, away_ms: away(round), ms: Date.now() - returned }));
}

async function kills(all, ...more) {
  const demo = await start(...more, ...options);
  const page = await browser.newPage();
  try {
    await open(page, demo);
    for (let round = 0; round < rounds; round += 1) {
      for (const [what, [down, up]] of Object.entries(all)) {
        await timed(
          page,
          what,
          round,
          async () => {
            for (const name of down) await demo.kill(name);
          },
          async () => {
            for (const name of up) await demo.start(name);
          },
        );
      }
    }
  } finally {
    await page.context().close();
    await demo.end();
  }
}

/** The line between everybody and the relay. */
async function lines() {
  const port = await freePort();
  const gate = await Gate.before(() => port);
  const town = await Town.seeded({ args: ['--relay-origin', `ws://127.0.0.1:${gate.port}`] });
  const page = await browser.newPage();
  try {
    await town.startRelay(port);
    await open(page, town);
    for (let round = 0; round < rounds; round += 1) {
      await timed(
        page,
        'line cut',
        round,
        () => gate.cut(),
        () => gate.open(),
      );
      await timed(
        page,
        'line silent',
        round,
        async () => gate.hold(),
        () => gate.open(),
      );
    }
  } finally {
    await page.context().close();
    await town.end();
    await gate.end();
  }
}

try {
  await lines();
  await kills(INSIDE);
  await kills(APART, '--relay');
} finally {
  await browser.close();
}
