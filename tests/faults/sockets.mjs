// What a program holds open, as the kernel tells.
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';

/** A TCP socket's state in /proc/net/tcp. */
export const [STANDS, LISTENS] = ['01', '0A'];

/** Sockets of a program: { kind, state, port }, the port being the other side's. */
export function sockets(pid) {
  const inodes = new Set(
    readdirSync(`/proc/${pid}/fd`)
      .map(fd => {
        try {
          return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1];
        } catch {
          return null;
        }
      })
      .filter(Boolean),
  );
  return ['tcp', 'tcp6', 'udp', 'udp6', 'raw', 'raw6'].flatMap(kind =>
    readFileSync(`/proc/net/${kind}`, 'utf8')
      .split('\n')
      .slice(1)
      .map(row => row.trim().split(/\s+/))
      .filter(row => inodes.has(row[9]))
      .map(([, , remote, state]) => ({
        kind,
        state,
        port: parseInt(remote.split(':').at(-1), 16),
      })),
  );
}
