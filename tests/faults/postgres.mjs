// A PostgreSQL server of a story's own, on the loopback, stopped and started again at will.
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort } from '../browser/desktops.mjs';

/** Debian keeps the server's programs beside its version, not in the path. */
const bin = () =>
  path.join('/usr/lib/postgresql', readdirSync('/usr/lib/postgresql').sort().pop(), 'bin');

/** Starts one with an empty database; `address` is what noren-server is told. */
export async function postgres() {
  const folder = mkdtempSync(path.join(tmpdir(), 'noren-postgres-'));
  const port = await freePort();
  const root = process.getuid() === 0;
  // It refuses to run as root: there it runs as its own user.
  const as = root ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups'] : ['env'];
  const tool = (name, ...args) =>
    execFileSync(as[0], [...as.slice(1), path.join(bin(), name), ...args], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
  if (root) execFileSync('chown', ['postgres', folder]);
  chmodSync(folder, 0o700);
  const data = path.join(folder, 'data');
  tool(
    'initdb',
    '-D',
    data,
    '-A',
    'trust',
    '-U',
    'postgres',
    '-E',
    'UTF8',
    '--locale=C',
    '--no-sync',
  );
  const server = {
    address: `postgres://postgres@127.0.0.1:${port}/noren`,
    start: () =>
      tool(
        'pg_ctl',
        '-D',
        data,
        '-w',
        '-l',
        path.join(folder, 'log'),
        '-o',
        `-p ${port} -k ${folder} -c listen_addresses=127.0.0.1`,
        'start',
      ),
    /** Ends it at once, as a power cut would. */
    stop: () => tool('pg_ctl', '-D', data, '-m', 'immediate', '-w', 'stop'),
    end() {
      try {
        this.stop();
      } catch {
        /* stopped already */
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
  server.start();
  tool('createdb', '-h', '127.0.0.1', '-p', String(port), '-U', 'postgres', 'noren');
  return server;
}
