// A WebSocket by hand, for what a browser would not do: any Origin or none, any first message, and
// the code it is closed with.
import { randomBytes } from 'node:crypto';
import net from 'node:net';

/**
 * Opens `path` on this port of the loopback, sends `message` (a Buffer) and resolves to the
 * messages that came and the close code (0: none).
 */
export function knock(port, path, { origin = null, message = null, until = () => false }) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1');
    const [messages, head] = [
      [],
      [
        'GET',
        path,
        'HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key:',
        randomBytes(16).toString('base64'),
      ].join(' '),
    ];
    let [bytes, open, code] = [Buffer.alloc(0), false, 0];
    const over = () => {
      socket.destroy();
      resolve({ messages, code });
    };
    socket.on('error', reject).on('close', over);
    socket.write(`${head}${origin ? `\r\nOrigin: ${origin}` : ''}\r\n\r\n`);
    socket.on('data', some => {
      bytes = Buffer.concat([bytes, some]);
      if (!open) {
        const end = bytes.indexOf('\r\n\r\n');
        if (end < 0) return;
        if (!bytes.toString('latin1').startsWith('HTTP/1.1 101')) return over();
        open = true;
        bytes = bytes.subarray(end + 4);
        // A mask of zeros is a mask.
        if (message)
          socket.write(
            Buffer.concat([Buffer.from([0x82, 0x80 | message.length, 0, 0, 0, 0]), message]),
          );
      }
      while (bytes.length >= 2 && bytes.length >= 2 + (bytes[1] & 0x7f)) {
        const payload = bytes.subarray(2, 2 + (bytes[1] & 0x7f));
        if ((bytes[0] & 15) === 8) {
          code = payload.readUInt16BE(0);
          return over();
        }
        if ((bytes[0] & 15) === 2) messages.push(Buffer.from(payload));
        bytes = bytes.subarray(2 + payload.length);
        if (until(messages)) return over();
      }
    });
  });
}
