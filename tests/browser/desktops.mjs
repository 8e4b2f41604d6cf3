// Office PCs for the stories: an Xvnc of our own, and an xrdp in front of it.
import { execFile, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A port of the loopback that is free now. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = net
      .createServer()
      .on('error', reject)
      .listen(0, '127.0.0.1', () => {
        const { port } = server.address();
        server.close(() => resolve(port));
      });
  });
}

/**
 * Resolves when something takes connections at the port; rejects when the program that should has
 * ended.
 */
export async function listening(port, child) {
  for (;;) {
    if (child.exitCode !== null || child.signalCode)
      throw new Error(`nothing listens on ${port}: ${child.spawnargs.join(' ')} ended`);
    const open = await new Promise(resolve => {
      const socket = net.connect(port, '127.0.0.1');
      socket
        .on('connect', () => {
          socket.destroy();
          resolve(true);
        })
        .on('error', () => resolve(false));
    });
    if (open) return;
    await new Promise(resolve => setTimeout(resolve, 20));
  }
}

/**
 * Looks until `ready` gives something true and resolves to it; a story that waits in vain ends by
 * the runner's time-out.
 */
export async function until(ready, what = 'it', seconds = 60) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const it = await ready();
    if (it) return it;
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
    await new Promise(resolve => setTimeout(resolve, 30));
  }
}

/** What runs, so that it is ended in any case. */
export class Programs {
  constructor() {
    this.children = [];
    this.folder = mkdtempSync(path.join(tmpdir(), 'noren-desktop-'));
  }
  start(program, args, options = {}) {
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', program, ...args], {
      stdio: 'ignore',
      ...options,
    });
    this.children.push(child);
    return child;
  }
  async end() {
    for (const child of this.children.reverse()) {
      if (child.exitCode !== null || child.signalCode) continue;
      const over = new Promise(resolve => child.on('exit', resolve));
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), 3000);
      await over;
      clearTimeout(late);
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/**
 * An Xvnc with openbox. `security`: Xvnc's arguments for who may in; a password file is made of
 * `password`.
 */
export async function xvnc({ password = null, width = 1280, height = 800, args = [] } = {}) {
  const programs = new Programs();
  let number = 500 + (process.pid % 300);
  while (existsSync(`/tmp/.X11-unix/X${number}`) || existsSync(`/tmp/.X${number}-lock`))
    number += 1;
  const display = `:${number}`;
  const port = await freePort();
  const security = ['-SecurityTypes', 'None'];
  if (password !== null) {
    const file = path.join(programs.folder, 'password');
    writeFileSync(file, execFileSync('vncpasswd', ['-f'], { input: `${password}\n` }), {
      mode: 0o600,
    });
    security.splice(0, 2, '-SecurityTypes', 'VncAuth', '-PasswordFile', file);
  }
  const arguments_ = [
    display,
    '-geometry',
    `${width}x${height}`,
    '-depth',
    '24',
    '-rfbport',
    String(port),
    '-localhost',
    '-AlwaysShared',
    '-nolisten',
    'tcp',
    '-desktop',
    'office',
    ...security,
    ...args,
  ];
  const env = {
    ...process.env,
    DISPLAY: display,
    HOME: programs.folder,
    XDG_RUNTIME_DIR: programs.folder,
    XDG_CONFIG_HOME: programs.folder,
    GSETTINGS_BACKEND: 'memory',
    NO_AT_BRIDGE: '1',
    DBUS_SESSION_BUS_ADDRESS: 'disabled:',
  };
  const start = async () => {
    await listening(port, programs.start('Xvnc', arguments_, { env }));
    await run('setxkbmap', ['jp'], { env });
    await run('xsetroot', ['-solid', '#335577'], { env });
    programs.start('openbox', [], { env });
  };
  try {
    await start();
  } catch (error) {
    await programs.end();
    throw error;
  }
  const desktop = {
    display,
    port,
    env,
    folder: programs.folder,
    /** Starts a program on the desktop. */
    app: (program, ...a) => programs.start(program, a, { env }),
    /** xdotool on the desktop. */
    xdo: async (...a) => (await run('xdotool', a.map(String), { env })).stdout.trim(),
    /** A terminal that keeps what is typed into it: `text()` is what came so far. */
    async typist() {
      const title = `typist-${programs.children.length}`;
      const file = path.join(programs.folder, title);
      programs.start(
        'xterm',
        [
          '-u8',
          '-geometry',
          '80x20+100+100',
          '-title',
          title,
          '-e',
          'sh',
          '-c',
          `stty raw -echo; touch ${file}; exec cat >> ${file}`,
        ],
        { env },
      );
      await until(() => existsSync(file), 'the terminal');
      await this.focus(title);
      return { text: () => readFileSync(file, 'utf8') };
    },
    /**
     * A window that tells each key it gets: `keys()` are the names (X keysyms) of those that went
     * down, `lifted()` of those that came up.
     */
    async keyTeller() {
      const title = `teller-${programs.children.length}`;
      const file = path.join(programs.folder, title);
      programs.start(
        'sh',
        ['-c', `exec xev -name ${title} -event keyboard -geometry 300x300+600+300 > ${file}`],
        { env },
      );
      await this.focus(title);
      const events = kind =>
        readFileSync(file, 'utf8')
          .split(/\n\n/)
          .filter(e => e.startsWith(kind))
          .map(e => /keysym 0x[0-9a-f]+, (\S+)\)/.exec(e)?.[1]);
      return { keys: () => events('KeyPress'), lifted: () => events('KeyRelease') };
    },
    /**
     * A window that tells each button pressed over it: `buttons()` are their X numbers, 4 to 7
     * being the wheel; `x` and `y` are inside it.
     */
    async feeler() {
      const title = `feeler-${programs.children.length}`;
      const file = path.join(programs.folder, title);
      programs.start(
        'sh',
        ['-c', `exec xev -name ${title} -event button -geometry 200x200+900+80 > ${file}`],
        { env },
      );
      await this.focus(title);
      return {
        x: 1000,
        y: 200,
        buttons: () =>
          readFileSync(file, 'utf8')
            .split(/\n\n/)
            .filter(e => e.startsWith('ButtonPress'))
            .map(e => Number(/button (\d+)/.exec(e)?.[1])),
      };
    },
    /** Waits for a window of this name and gives it the focus. */
    async focus(name) {
      await run(
        'xdotool',
        ['search', '--sync', '--onlyvisible', '--name', name, 'windowactivate', '--sync'],
        { env },
      );
    },
    /** The desktop's own picture: RGBA bytes of a rectangle. */
    async picture(x, y, w, h) {
      const { stdout } = await run(
        'import',
        ['-silent', '-window', 'root', '-crop', `${w}x${h}+${x}+${y}`, '-depth', '8', 'rgba:-'],
        { env, encoding: 'buffer', maxBuffer: 64 << 20 },
      );
      return stdout;
    },
    end: () => programs.end(),
  };
  return desktop;
}

/** A self-signed certificate and its key, as files in a folder. */
function certificate(folder) {
  const [cert, key] = ['cert.pem', 'key.pem'].map(f => path.join(folder, f));
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-days',
      '30',
      '-subj',
      '/CN=office',
      '-keyout',
      key,
      '-out',
      cert,
    ],
    { stdio: 'ignore' },
  );
  return { cert, key };
}

/**
 * An Xvnc that asks for a person's own name and password behind a certificate (VeNCrypt's
 * X509Plain). PAM's service `su` lets
 * root's own process in whatever the password; who is not `user` is refused.
 */
export async function ownLogin() {
  const folder = mkdtempSync(path.join(tmpdir(), 'noren-login-'));
  const gone = () => rmSync(folder, { recursive: true, force: true });
  const { cert, key } = certificate(folder);
  const desktop = await xvnc({
    args: [
      '-SecurityTypes',
      'X509Plain',
      '-X509Cert',
      cert,
      '-X509Key',
      key,
      '-PAMService',
      'su',
      '-PlainUsers',
      'root',
    ],
  }).catch(error => {
    gone();
    throw error;
  });
  return {
    ...desktop,
    user: 'root',
    async end() {
      await desktop.end();
      gone();
    },
  };
}

/**
 * An xrdp in front of an Xvnc: the password typed at home is checked by the Xvnc, whatever the user
 * name.
 */
export async function xrdp({ password = 'office12' } = {}) {
  const desktop = await xvnc({ password });
  const programs = new Programs();
  try {
    const port = await freePort();
    const { cert, key } = certificate(programs.folder);
    const ini = path.join(programs.folder, 'xrdp.ini');
    writeFileSync(
      ini,
      `[Globals]
ini_version=1
fork=true
port=tcp://127.0.0.1:${port}
tcp_nodelay=true
security_layer=tls
crypt_level=high
certificate=${cert}
key_file=${key}
ssl_protocols=TLSv1.2, TLSv1.3
autorun=Office
allow_channels=true
max_bpp=32
new_cursors=true
use_fastpath=both
bitmap_compression=true
bulk_compression=true
[Logging]
LogFile=${path.join(programs.folder, 'xrdp.log')}
LogLevel=INFO
EnableSyslog=false
[Channels]
[Office]
name=Office
lib=libvnc.so
username=ask
password=ask
ip=127.0.0.1
port=${desktop.port}
`,
    );
    await listening(port, programs.start('xrdp', ['--nodaemon', '--config', ini]));
    return {
      ...desktop,
      rdpPort: port,
      password,
      async end() {
        await programs.end();
        await desktop.end();
      },
    };
  } catch (error) {
    await programs.end();
    await desktop.end();
    throw error;
  }
}

/**
 * A Remote Desktop that judges the password before it shows anything (network level
 * authentication), in front of an Xvnc.
 */
export async function nla({ user = 'hanako', password = 'office12' } = {}) {
  const desktop = await xvnc();
  const programs = new Programs();
  try {
    const port = await freePort();
    const accounts = path.join(programs.folder, 'accounts');
    const hash = execFileSync('winpr-hash', ['-u', user, '-p', password], {
      encoding: 'utf8',
    }).trim();
    writeFileSync(accounts, `${user}:::${hash}:::\n`, { mode: 0o600 });
    const env = { ...desktop.env, HOME: programs.folder, XDG_CONFIG_HOME: programs.folder };
    await listening(
      port,
      programs.start(
        'freerdp-shadow-cli',
        [`/port:${port}`, '/bind-address:127.0.0.1', `/sam-file:${accounts}`, '/sec:nla'],
        { env },
      ),
    );
    return {
      ...desktop,
      rdpPort: port,
      user,
      password,
      async end() {
        await programs.end();
        await desktop.end();
      },
    };
  } catch (error) {
    await programs.end();
    await desktop.end();
    throw error;
  }
}
