// Starts `cargo xtask demo --json --control` and speaks with it. What it starts it ends; when we
// are killed, it ends by itself.
import { spawn } from 'node:child_process';
import readline from 'node:readline';

const root = new URL('../..', import.meta.url).pathname;

/**
 * Starts a demo with these options (an object is `{ password }`, of the office PC) and resolves to
 * what it says, with `kill`, `start` and `end`.
 */
export async function start(...all) {
  const options = all.filter(one => typeof one === 'string');
  const password = all.find(one => typeof one === 'object')?.password;
  const env = password ? { ...process.env, NOREN_DEMO_PASSWORD: password } : process.env;
  const xtask = process.env.NOREN_XTASK;
  const [program, first] = xtask
    ? [xtask, []]
    : ['cargo', ['run', '--quiet', '--package', 'xtask', '--']];
  const child = spawn(program, [...first, 'demo', '--json', '--control', ...options], {
    cwd: root,
    env,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', bytes => {
    said = (said + bytes).slice(-8000);
  });
  const over = new Promise(resolve => child.on('exit', resolve));
  const lines = readline.createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`the demo ended: ${said}`);
    return JSON.parse(value);
  };
  const demo = await next();
  const ask = async what => {
    child.stdin.write(`${what}\n`);
    const answer = await next();
    if (answer.error) throw new Error(answer.error);
    return answer;
  };
  return {
    ...demo,
    /** Kills a program outright: server, relay, agent or desktop. */
    kill: name => ask(`kill ${name}`),
    /** Starts it again, as it was. */
    start: name => ask(`start ${name}`),
    /**
     * Runs a program of ours beside it and resolves to { code, stdout, stderr }: `run('agent',
     * 'invite', '--user', 'x')`.
     */
    run: (name, ...args) => ask(`run ${JSON.stringify([name, ...args])}`),
    /** What the programs said so far. */
    logs: () => said,
    /** Ends everything. */
    async end() {
      child.stdin.end();
      child.kill('SIGTERM');
      return over;
    },
    exited: over,
    pid: child.pid,
  };
}
