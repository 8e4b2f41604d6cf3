// An office whose only way out is an HTTP proxy that wants a password: enrolment, conversation and
// session go through it, in TLS, and nothing goes past it.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { launch } from '../browser/chromium.mjs';
import { live, pair, signIn } from '../browser/open.mjs';
import { Town } from '../browser/town.mjs';
import { STANDS, sockets } from './sockets.mjs';

const LIVE = 'canvas#screen[data-state=live]';
/** A name that nobody but the proxy and the browser resolves. */
const NAME = 'noren.example';
const [USER, PASSWORD] = ['agent', 'p@ss:word'];
let folder, proxy, town, browser, home;

/** A proxy that connects whoever has the password to the loopback, whatever the host. */
class Proxy {
  asked = [];
  #sockets = new Set();

  async start() {
    const wanted = `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString('base64')}`;
    this.server = http.createServer((_, answer) => {
      answer.statusCode = 405;
      answer.end();
    });
    this.server.on('connect', (request, near) => {
      near.on('error', () => {});
      const known = request.headers['proxy-authorization'] === wanted;
      this.asked.push([request.url, known]);
      if (!known)
        return near.end(
          'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="office"\r\n\r\n',
        );
      const far = net.connect(Number(request.url.split(':')[1]), '127.0.0.1', () =>
        near.write('HTTP/1.1 200 Connection established\r\n\r\n'),
      );
      for (const socket of [near, far])
        this.#sockets.add(
          socket
            .on('error', () => {})
            .on('close', () => {
              near.destroy();
              far.destroy();
            }),
        );
      near.pipe(far).pipe(near);
    });
    await new Promise(resolve => this.server.listen(this.port ?? 0, '127.0.0.1', resolve));
    this.port = this.server.address().port;
  }

  async end() {
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
    await new Promise(resolve => {
      this.server.close(resolve);
      this.server.closeAllConnections();
    });
  }
}

const through = (user, password) =>
  `http://${encodeURIComponent(user)}:${encodeURIComponent(password)}@127.0.0.1:${proxy.port}`;

before(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'noren-proxied-'));
  const [cert, key] = [path.join(folder, 'cert.pem'), path.join(folder, 'key.pem')];
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-days',
      '30',
      '-subj',
      `/CN=${NAME}`,
      '-addext',
      `subjectAltName=DNS:${NAME}`,
      '-addext',
      'basicConstraints=critical,CA:FALSE',
      '-keyout',
      key,
      '-out',
      cert,
    ],
    { stdio: 'ignore' },
  );
  proxy = new Proxy();
  await proxy.start();
  town = await Town.seeded({
    secure: { name: NAME, cert, key },
    enroll: ['--ca', cert],
    proxy: through(USER, PASSWORD),
  });
  browser = await launch(`--host-resolver-rules=MAP ${NAME} 127.0.0.1`);
  home = await browser.newPage({ ignoreHTTPSErrors: true });
});

after(async () => {
  await browser?.close();
  await town?.end();
  await proxy?.end();
  rmSync(folder, { recursive: true, force: true });
});

test('a session comes about through the proxy, and the agent holds lines to nothing else', async () => {
  await signIn(home, town);
  await pair(home, town);
  // Asked by the page itself: only the browser knows the name.
  const pc = await home.evaluate(
    async name =>
      (await (await fetch('/api/targets')).json()).targets.find(one => one.name === name).id,
    town.target,
  );
  await home.goto(`${town.url}/session/${pc}`);
  await live(home, town);
  const held = sockets(town.pid('agent'));
  assert.ok(held.length >= 2, 'the conversation and the session');
  assert.deepEqual(
    held.filter(one => one.kind !== 'tcp' || one.state !== STANDS || one.port !== proxy.port),
    [],
  );
  assert.deepEqual(
    [...new Set(proxy.asked.map(([to]) => to))],
    [`${NAME}:${town.port}`],
    "the name is the proxy's to resolve",
  );
  // The password is told to a proxy that asked for it, and to no other.
  assert.equal(proxy.asked[0][1], false);
  assert.ok(proxy.asked.some(([, known]) => known));
  assert.ok(!town.said().includes(PASSWORD), 'the password is in no log');
});

test('the proxy is restarted: the session is back by itself', async () => {
  await proxy.end();
  await home.locator('canvas#screen:not([data-state=live])').waitFor();
  await proxy.start();
  await live(home, town);
  assert.equal(await home.locator(LIVE).count(), 1);
});

test("a wrong password is named as the proxy's refusal, and nothing is sent to the server", async () => {
  const other = new Town();
  try {
    for (const url of [through(USER, 'wrong'), `http://127.0.0.1:${proxy.port}`]) {
      proxy.asked.length = 0;
      const { code, stderr } = await other.run(
        'agent',
        'enroll',
        '--server',
        town.url,
        '--token-file',
        other.secret('any'),
        '--proxy-file',
        other.secret(url),
      );
      assert.notEqual(code, 0);
      assert.match(stderr, /proxy/i);
      assert.match(stderr, /refused the user or the password|asks for a user and a password/);
      assert.ok(!stderr.includes('wrong'));
      assert.ok(proxy.asked.some(([to, known]) => to === `${NAME}:${town.port}` && !known));
    }
  } finally {
    await other.end();
  }
});
