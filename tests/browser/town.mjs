// A server and an agent of a story's own, for what the demo does not do: an empty folder, another
// clock or database, a full disk.
import { execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort, listening } from './desktops.mjs';

const root = new URL('../..', import.meta.url).pathname;
const PROGRAMS =
  process.env.NOREN_PROGRAMS ??
  path.join(process.env.CARGO_TARGET_DIR ?? path.join(root, 'target'), 'debug');
const PC = '総務課のパソコン';

/** The body, the people and their PC where a story does not begin with an empty server. */
const plan = (target, change) => ({
  body: '131016',
  agents: ['office'],
  divisions: [{ code: '020', name: '総務課' }],
  staff: [
    { login: 'admin', name: '情報 太郎', roles: 'staff+it' },
    { login: 'hanako', name: '佐藤 花子', roles: 'staff', division: '020' },
  ],
  assignments: [{ target, login: 'hanako' }],
  ...change,
});

export class Town {
  #children = new Map();
  #said = '';

  /** Variables all of our programs get, such as a clock of their own. */
  env = {};

  constructor() {
    this.folder = mkdtempSync(path.join(tmpdir(), 'noren-town-'));
  }

  /**
   * Server, agent, sample desktop and slip: what `open.mjs` takes. `server` and `agent` are options
   * of `start`; `reach` says where the agent finds the server, `enroll` what else it is told,
   * `proxy` its proxy with the password; with `secure` ({ name, cert, key }) the server does TLS
   * under that name.
   */
  static async seeded({
    server = {},
    agent = {},
    change = {},
    database = null,
    args = [],
    env = {},
    reach = town => town.inside,
    enroll = [],
    proxy = null,
    secure = null,
  } = {}) {
    const town = new Town();
    try {
      Object.assign(town, { database, env, secure });
      const added = await town.ok(
        'agent',
        'target',
        'add',
        'sample',
        '--name',
        PC,
        '--zone',
        'lgwan',
      );
      town.target = PC;
      const { targets } = JSON.parse(await town.ok('agent', 'target', 'list', '--json'));
      const file = path.join(town.folder, 'plan.json');
      writeFileSync(file, JSON.stringify(plan(targets[0].id, change)));
      await town.startServer({ ...server, args, seed: file });
      const { seeded } = town;
      const enrolled = await town.ok(
        'agent',
        'enroll',
        '--server',
        reach(town),
        '--token-file',
        town.secret(seeded.enroll_token),
        '--name',
        'office',
        ...enroll,
        ...(proxy ? ['--proxy-file', town.secret(proxy)] : []),
      );
      town.serverKey = /^server key: (\S+)$/m.exec(enrolled)[1];
      town.invite = await town.slip(seeded.user);
      await town.start('agent', ['run'], agent);
      Object.assign(town, {
        body: seeded.body,
        user: seeded.user,
        password: seeded.password,
        totp_secret: seeded.totp_secret,
        admin: seeded.admin,
        added,
      });
      return town;
    } catch (error) {
      await town.end();
      throw error;
    }
  }

  /** Starts the server; where `seed` is a plan, its people first. the rest as in `start`. */
  async startServer({ before = [], env = {}, args = [], seed = null } = {}) {
    this.port ??= await freePort();
    const { secure } = this;
    this.url = secure ? `https://${secure.name}:${this.port}` : `http://localhost:${this.port}`;
    this.inside = secure ? this.url : `http://127.0.0.1:${this.port}`;
    const tls = secure ? ['--tls-cert', secure.cert, '--tls-key', secure.key] : [];
    if (seed) this.seeded = JSON.parse(await this.ok('seed', 'people', '--json', '--file', seed));
    await this.start(
      'server',
      ['run', '--listen', `127.0.0.1:${this.port}`, '--public-url', this.url, ...tls, ...args],
      { before, env },
    );
    await listening(this.port, this.#children.get('server'));
  }

  /**
   * Starts a relay of its own on this port of the loopback: another server's `key`, more `settings`
   * (TOML), variables of its own.
   */
  async startRelay(port, { name = 'relay', key = this.serverKey, settings = '', env = {} } = {}) {
    const config = path.join(this.folder, `${name}.toml`);
    writeFileSync(
      config,
      `listen = "127.0.0.1:${port}"\nservers = ["${key}"]\norigins = ["${this.url}"]\n${settings}`,
    );
    await this.#spawn(name, [path.join(PROGRAMS, 'noren-relay'), '--config', config], env);
    await listening(port, this.#children.get(name));
  }

  /** A new slip for this person. */
  async slip(user) {
    return JSON.parse(await this.ok('agent', 'invite', '--user', user, '--json')).code;
  }

  /** The name of a file that holds a secret: no program of ours takes one as an argument. */
  secret(text) {
    const file = path.join(mkdtempSync(path.join(this.folder, 'secret-')), 'secret');
    writeFileSync(file, `${text}\n`, { mode: 0o600 });
    return file;
  }

  #words(name, args) {
    // What is put into the server before it starts goes into the server's data.
    const whose = name === 'seed' ? 'server' : name;
    const data = path.join(this.folder, whose);
    mkdirSync(data, { recursive: true, mode: 0o700 });
    const database = whose === 'server' && this.database ? ['--database', this.database] : [];
    return [path.join(PROGRAMS, `noren-${name}`), ...args, '--data', data, ...database];
  }

  /**
   * Starts a program that is to run until it is ended. `before` are words before its own, or a
   * function of this town to them.
   */
  async start(name, args, { before = [], env = {} } = {}) {
    await this.#spawn(
      name,
      [...(typeof before === 'function' ? before(this) : before), ...this.#words(name, args)],
      env,
    );
  }

  async #spawn(name, words, env = {}) {
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', ...words], {
      env: { ...process.env, ...this.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const from of [child.stdout, child.stderr])
      from.on('data', bytes => {
        this.#said = (this.#said + bytes).slice(-64_000);
      });
    child.over = new Promise(resolve => child.on('exit', resolve));
    this.#children.set(name, child);
  }

  /** What the programs said so far. */
  said() {
    return this.#said;
  }

  pid(name) {
    return this.#children.get(name).pid;
  }

  /** Holds a program where it is: it keeps its connections and does nothing. `go` lets it on. */
  stop(name) {
    process.kill(this.pid(name), 'SIGSTOP');
  }

  go(name) {
    process.kill(this.pid(name), 'SIGCONT');
  }

  /** Kills a program outright. */
  async kill(name, signal = 'SIGKILL') {
    const child = this.#children.get(name);
    if (!child) return;
    this.#children.delete(name);
    child.kill(signal);
    await child.over;
  }

  /** Runs a program of ours to its end and resolves to { code, stdout, stderr }. */
  run(name, ...args) {
    const [program, ...words] = this.#words(name, args);
    return new Promise(resolve =>
      execFile(
        program,
        words,
        { maxBuffer: 64 << 20, env: { ...process.env, ...this.env } },
        (error, stdout, stderr) => resolve({ code: error?.code ?? 0, stdout, stderr }),
      ),
    );
  }

  /** The same for one that is to go well: what it printed. */
  async ok(name, ...args) {
    const { code, stdout, stderr } = await this.run(name, ...args);
    if (code !== 0) throw new Error(`noren-${name} ${args.join(' ')}: ${stdout}${stderr}`);
    return stdout;
  }

  /** A statement on the server's SQLite database; what it printed. */
  sql(statement) {
    return new Promise((resolve, reject) =>
      execFile(
        'sqlite3',
        ['-cmd', '.timeout 5000', path.join(this.folder, 'server', 'noren.sqlite'), statement],
        (error, stdout, stderr) => (error ? reject(new Error(stderr)) : resolve(stdout.trim())),
      ),
    );
  }

  /** Ends everything. */
  async end() {
    for (const name of [...this.#children.keys()].reverse()) await this.kill(name, 'SIGTERM');
    rmSync(this.folder, { recursive: true, force: true });
  }
}
