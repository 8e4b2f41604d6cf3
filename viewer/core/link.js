// A pipe made safe: the handshake as initiator, then whole messages both ways in order
// (spec/channel.md).

import {
  ChannelError,
  CloseReason,
  Handshake,
  prologue,
  pskFromSecret,
  encodeDeviceHello,
  decodeAgentHello,
  decodeAccepted,
} from './channel.js';

/**
 * Opens a session's channel: Noise IK with the device's key, bound to meeting, body, agent and
 * grant.
 */
export async function secure(pipe, { meeting, body, agent, grant, agentKey, keys }) {
  const handshake = Handshake.session({
    prologue: await prologue({ meeting, body, agent, grant }),
    key: keys,
    remote: agentKey,
  });
  pipe.send(await handshake.write());
  const reply = await handshake.read(await pipe.receive());
  if (reply.length) throw new ChannelError('Handshake', 'a payload in message 2');
  return new Link(pipe, await handshake.channel());
}

/**
 * Pairs: Noise XXpsk3 with the secret of the slip. Resolves with what the agent said once it
 * accepted.
 * @returns {Promise<{agentKey: Uint8Array, agentName: string, device: Uint8Array}>}
 */
export async function pairThrough(
  pipe,
  { meeting, body, agent, secret, keys, name, userAgent },
  onStage = () => {},
) {
  const handshake = Handshake.pairing({
    prologue: await prologue({ meeting, body, agent }),
    key: keys,
    psk: await pskFromSecret(secret),
  });
  pipe.send(await handshake.write());
  const hello = decodeAgentHello(await handshake.read(await pipe.receive()));
  onStage('proving');
  pipe.send(await handshake.write(encodeDeviceHello({ name, userAgent })));
  const agentKey = handshake.remoteStatic;
  const link = new Link(pipe, await handshake.channel());
  const { device } = decodeAccepted(await link.receive());
  await link.close(CloseReason.done);
  return { agentKey, agentName: hello.name, device };
}

export class Link {
  #pipe;
  #channel;
  #sealing = 0; // bytes on their way through the cipher

  constructor(pipe, channel) {
    this.#pipe = pipe;
    this.#channel = channel;
  }

  /** Bytes not yet taken by the network. */
  get unsent() {
    return this.#sealing + this.#pipe.unsent;
  }

  /** Records that have arrived and are not read yet. */
  get waiting() {
    return this.#pipe.waiting;
  }

  /** Seals and sends one message; messages leave in the order of the calls. */
  async send(message) {
    this.#sealing += message.length;
    try {
      for (const record of await this.#channel.seal(message)) this.#pipe.send(record);
    } finally {
      this.#sealing -= message.length;
    }
  }

  /**
   * The next whole message. Rejects with an error with a `fault`: 'Truncated' when the line was
   * cut, 'Closed' or 'Refused' when the peer closed.
   */
  async receive() {
    for (;;) {
      let record;
      try {
        record = await this.#pipe.receive();
      } catch (error) {
        if (error.fault === 'closed') await this.#channel.ended(); // throws Truncated
        throw error;
      }
      const { message, closed } = await this.#channel.open(record);
      if (message) return message;
      if (closed !== undefined) {
        this.#pipe.close();
        throw new ChannelError(
          closed === CloseReason.refused ? 'Refused' : 'Closed',
          `reason ${closed}`,
        );
      }
    }
  }

  /** Says goodbye and hangs up. */
  async close(reason) {
    try {
      for (const record of await this.#channel.close(reason)) this.#pipe.send(record);
    } finally {
      this.#pipe.close();
    }
  }
}
