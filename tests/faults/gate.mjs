// A line that can be cut, or fall silent: it stands in front of a port of the loopback.
import net from 'node:net';

export class Gate {
  #pairs = new Set();
  #held = false;

  /** In front of the port that `far` tells at each connection. */
  static async before(far) {
    const it = new Gate();
    it.far = far;
    await it.open();
    return it;
  }

  /** Lets through, again. */
  async open() {
    this.#held = false;
    for (const pair of this.#pairs) for (const socket of pair) socket.resume();
    if (this.server) return;
    this.server = net.createServer(near => {
      const pair = [near, net.connect(this.far(), '127.0.0.1')];
      this.#pairs.add(pair);
      pair.forEach((socket, side) => {
        const other = pair[1 - side];
        // What waits for a slow reader waits in the kernel, not here.
        socket.on('data', bytes => {
          if (!other.write(bytes)) {
            socket.pause();
            other.once('drain', () => {
              if (!this.#held) socket.resume();
            });
          }
        });
        socket
          .on('error', () => {})
          .on('close', () => {
            this.#pairs.delete(pair);
            other.destroy();
          });
        if (this.#held) socket.pause();
      });
    });
    await new Promise((resolve, reject) =>
      this.server.on('error', reject).listen(this.port ?? 0, '127.0.0.1', resolve),
    );
    this.port = this.server.address().port;
  }

  /** Breaks what stands and takes nobody until it is opened. */
  async cut() {
    const closed = new Promise(resolve => this.server.close(resolve));
    this.server = null;
    for (const pair of this.#pairs) for (const socket of pair) socket.destroy();
    await closed;
  }

  /** Keeps what stands and takes whoever comes, and lets nothing through until it is opened. */
  hold() {
    this.#held = true;
    for (const pair of this.#pairs) for (const socket of pair) socket.pause();
  }

  async end() {
    if (this.server) await this.cut();
  }
}
