// How long the page needs to be live again after what was killed is back, for `cargo xtask bench faults`: a line of JSON a
// kill. Arguments: rounds. Real programs, a real desktop, a real browser.
import { launch } from '../browser/chromium.mjs';
import { start } from '../browser/demo.mjs';
import { open } from '../browser/open.mjs';

const LIVE = 'canvas#screen[data-state=live]';
const LOST = 'canvas#screen:not([data-state=live])';
/** What is killed, in which order it comes back. Without the relay's fall the server's would not be missed. */
const KILLS = {
  relay: [['relay'], ['relay']],
  agent: [['agent'], ['agent']],
  desktop: [['desktop'], ['desktop']],
  'server and relay': [['server', 'relay'], ['relay', 'server']],
  'relay and server': [['relay', 'server'], ['server', 'relay']],
  'agent and relay': [['agent', 'relay'], ['relay', 'agent']],
  'all, agent last': [['server', 'desktop', 'agent', 'relay'], ['desktop', 'relay', 'server', 'agent']],
  'all, relay last': [['agent', 'relay', 'server', 'desktop'], ['agent', 'server', 'desktop', 'relay']],
  'all, server last': [['relay', 'server', 'agent', 'desktop'], ['desktop', 'agent', 'relay', 'server']],
};

const rounds = Number(process.argv[2] ?? 5);
/** How long it stays away: from one that is back at once to one that somebody has to start again, in ms. */
const AWAY = [0, 1000, 4000, 10_000];
const demo = await start('--relay', ...process.argv.slice(3));
const browser = await launch();
try {
  const page = await browser.newPage();
  await open(page, demo);
  for (let round = 0; round < rounds; round += 1) {
    for (const [what, [down, up]] of Object.entries(KILLS)) {
      await page.locator(LIVE).waitFor();
      for (const name of down) await demo.kill(name);
      await page.locator(LOST).waitFor();
      await page.waitForTimeout(AWAY[round % AWAY.length]);
      for (const name of up) await demo.start(name);
      // The desktop listens before it is of use, and the others after: the same clock for all, from the last one's return.
      const returned = Date.now();
      await page.locator(LIVE).waitFor({ timeout: 120_000 });
      console.log(JSON.stringify({ what, away_ms: AWAY[round % AWAY.length], ms: Date.now() - returned }));
    }
  }
} finally {
  await browser.close();
  await demo.end();
}
