// A way to the demo that can be made to stand still: bytes wait in it, in order, and come in a
// burst when it goes on.
import net from 'node:net';
import { freePort } from './desktops.mjs';

/**
 * A front before a port that is not taken yet: `port` is where the demo is to listen, `url` where a
 * browser goes.
 */
export async function front() {
  const port = await freePort();
  const lines = new Set();
  let still = false;
  const server = net.createServer(home => {
    const office = net.connect(port, '127.0.0.1');
    for (const socket of [home, office])
      socket
        .on('error', () => {})
        .on('close', () => {
          lines.delete(home);
          home.destroy();
          office.destroy();
        });
    lines.add(home);
    office.pipe(home);
    home.pipe(office);
    if (still) home.pause();
  });
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    port,
    url: `http://127.0.0.1:${server.address().port}`,
    /** Nothing that is sent from home arrives any more. */
    stall() {
      still = true;
      for (const home of lines) home.pause();
    },
    goOn() {
      still = false;
      for (const home of lines) home.resume();
    },
    end() {
      for (const home of lines) home.destroy();
      server.close();
    },
  };
}
