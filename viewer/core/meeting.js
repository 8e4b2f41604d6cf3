// A meeting at a relay (spec/pairing.md, "Meeting"): ticket in, 00 while the other side is awaited,
// 01 when it is there, then a pipe.

/** Bytes that may wait unread in the page before the other side is taken to misbehave. */
const UNREAD_MOST = 64 << 20;

/**
 * A meeting that did not come about, or a pipe that broke. `fault`: 'closed', 'relay' (it
 * misbehaves) or 'Record' (no record at all)
 */
export class MeetingError extends Error {
  constructor(fault, message) {
    super(message);
    this.name = 'MeetingError';
    this.fault = fault;
  }
}

/**
 * Opens the WebSocket, hands in the ticket and resolves with a Pipe once the other side is there.
 * @param {{url: string, ticket: Uint8Array, WebSocket: typeof WebSocket, onWaiting?: () => void,
 *   signal?: AbortSignal}} options
 */
export function meet({ url, ticket, WebSocket, onWaiting = () => {}, signal }) {
  return new Promise((resolve, reject) => {
    let socket;
    try {
      socket = new WebSocket(url);
    } catch (error) {
      reject(new MeetingError('closed', `no relay address: ${error.message}`));
      return;
    }
    socket.binaryType = 'arraybuffer';
    const fail = (fault, message) => {
      socket.onopen = socket.onmessage = socket.onclose = socket.onerror = null;
      signal?.removeEventListener('abort', aborted);
      socket.close();
      reject(new MeetingError(fault, message));
    };
    const aborted = () => fail('closed', 'given up');
    if (signal?.aborted) return aborted();
    signal?.addEventListener('abort', aborted);
    socket.onopen = () => socket.send(ticket);
    socket.onerror = () => {}; // a close event follows
    socket.onclose = event => fail('closed', `the relay closed (${event.code})`);
    socket.onmessage = ({ data }) => {
      const byte =
        data instanceof ArrayBuffer && data.byteLength === 1 ? new Uint8Array(data)[0] : -1;
      if (byte === 0) onWaiting();
      else if (byte === 1) {
        signal?.removeEventListener('abort', aborted);
        resolve(new Pipe(socket, signal));
      } else fail('relay', 'the relay said neither 00 nor 01');
    };
  });
}

/** Binary messages both ways, in order. */
export class Pipe {
  #socket;
  #unread = [];
  #unreadBytes = 0;
  #fault = null; // why nothing more comes
  #waiter = null;

  constructor(socket, signal) {
    this.#socket = socket;
    socket.onmessage = ({ data }) => {
      if (this.#fault) return;
      if (!(data instanceof ArrayBuffer))
        return this.#stop(new MeetingError('Record', 'a text message'));
      const bytes = new Uint8Array(data);
      if (this.#waiter) return this.#wake(w => w.resolve(bytes));
      this.#unreadBytes += bytes.length;
      if (this.#unreadBytes > UNREAD_MOST)
        return this.#stop(new MeetingError('relay', 'more than can be read'));
      this.#unread.push(bytes);
    };
    socket.onclose = () => this.#stop(new MeetingError('closed', 'the connection was cut'));
    signal?.addEventListener('abort', () => this.close());
  }

  /** Bytes handed over that the network has not taken yet. */
  get unsent() {
    return this.#socket.bufferedAmount ?? 0;
  }

  /** Messages received and not read yet. */
  get waiting() {
    return this.#unread.length;
  }

  send(bytes) {
    if (this.#fault) throw this.#fault;
    this.#socket.send(bytes);
  }

  /** The next message; rejects with a MeetingError when there will be none. */
  receive() {
    const bytes = this.#unread.shift();
    if (bytes) {
      this.#unreadBytes -= bytes.length;
      return Promise.resolve(bytes);
    }
    if (this.#fault) return Promise.reject(this.#fault);
    return new Promise((resolve, reject) => {
      this.#waiter = { resolve, reject };
    });
  }

  close() {
    this.#stop(new MeetingError('closed', 'closed here'));
  }

  #wake(how) {
    const waiter = this.#waiter;
    this.#waiter = null;
    how(waiter);
  }

  #stop(fault) {
    if (this.#fault) return;
    this.#fault = fault;
    this.#socket.close();
    if (this.#waiter) this.#wake(w => w.reject(fault));
  }
}
