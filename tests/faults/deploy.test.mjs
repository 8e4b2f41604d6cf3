// What deploy/ gives people to install is what the programs and Debian's tools take; a renewed
// certificate is taken up.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import tls from 'node:tls';
import { until } from '../browser/desktops.mjs';
import { Town } from '../browser/town.mjs';

const deploy = new URL('../../deploy/', import.meta.url).pathname;
const there = program =>
  [...process.env.PATH.split(':'), '/usr/sbin', '/sbin']
    .map(d => path.join(d, program))
    .find(existsSync);
let folder, town;

before(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'noren-deploy-'));
  town = new Town();
});

after(async () => {
  await town?.end();
  rmSync(folder, { recursive: true, force: true });
});

test('the firewall is one that nft takes', () => {
  // In a network of its own: looking needs the rights over one, and changes nothing.
  const words = ['-c', '-f', path.join(deploy, 'firewall.nft')];
  execFileSync('unshare', [process.getuid() === 0 ? '-n' : '-rn', there('nft'), ...words], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
});

test(
  'the units are ones that systemd takes',
  { skip: there('systemd-analyze') ? false : 'no systemd here' },
  () => {
    const units = readdirSync(deploy).filter(name => name.endsWith('.service'));
    assert.equal(units.length, 3);
    for (const unit of units) {
      // The programs are not installed here; everything else is as it stands.
      writeFileSync(
        path.join(folder, unit),
        readFileSync(path.join(deploy, unit), 'utf8').replace(
          /\/usr\/bin\/noren-\w+/g,
          '/bin/true',
        ),
      );
    }
    // 0 is nothing to reach, 100 everything: what a service that listens on 443 can come down to.
    for (const unit of units)
      execFileSync(
        'systemd-analyze',
        ['security', '--offline=yes', '--threshold=18', path.join(folder, unit)],
        { stdio: ['ignore', 'ignore', 'pipe'] },
      );
    const said = execFileSync(
      'systemd-analyze',
      ['verify', '--man=no', ...units.map(u => path.join(folder, u))],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] },
    );
    assert.equal(said, '');
  },
);

test('every line of settings is one that the server takes', async () => {
  const lines = [
    ...readFileSync(path.join(deploy, 'server.env'), 'utf8').matchAll(/^#?NOREN_OPTIONS=(.*)$/gm),
  ].map(m => m[1].replace('...', '--listen 127.0.0.1:1').split(' '));
  assert.ok(lines.length >= 3);
  for (const line of lines) await town.ok('server', 'run', ...line, '--help');
  assert.notEqual((await town.run('server', 'run', '--no-such-setting', '--help')).code, 0);
});

test('a renewed certificate is taken up while the server runs, and one that does not fit is not', async () => {
  const made = name => {
    const [cert, key] = [path.join(folder, `${name}.pem`), path.join(folder, `${name}.key`)];
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
        `/CN=${name}`,
        '-keyout',
        key,
        '-out',
        cert,
      ],
      { stdio: 'ignore' },
    );
    return [cert, key];
  };
  const [cert, key] = [path.join(folder, 'chain.pem'), path.join(folder, 'chain.key')];
  const install = ([a, b]) => {
    copyFileSync(b, key);
    copyFileSync(a, cert);
  };
  const shown = () =>
    new Promise(resolve => {
      const socket = tls.connect(
        { port: town.port, host: '127.0.0.1', rejectUnauthorized: false },
        () => {
          resolve(socket.getPeerCertificate().subject.CN);
          socket.destroy();
        },
      );
      socket.on('error', () => resolve(null));
    });
  install(made('first'));
  await town.startServer({ args: ['--tls-cert', cert, '--tls-key', key] });
  const pid = town.pid('server');
  assert.equal(await shown(), 'first');
  install(made('second'));
  await until(async () => (await shown()) === 'second', 'the second certificate');
  install([made('third')[0], made('fourth')[1]]);
  await until(() => /the new certificate cannot be used/.test(town.said()), 'the refusal');
  assert.equal(await shown(), 'second');
  assert.equal(town.pid('server'), pid);
});
