// The device keys and the paired agents of this browser, in IndexedDB.
//
// One device per signed-in user: an X25519 key whose private half cannot be taken out of the
// browser. Storage that a browser clears under pressure would mean a walk to the office, hence
// `persist`.

import { deviceId, generateDeviceKey, publicBytes } from './channel.js';
import { toHex } from './encoding.js';

const DATABASE = 'noren';
const VERSION = 1;

/** A new device: { keys: CryptoKeyPair, id (hex) }. */
export async function makeDevice() {
  const keys = await generateDeviceKey();
  return { keys, id: toHex(await deviceId(await publicBytes(keys.publicKey))) };
}

const done = request =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

/** Where devices and pairings are kept. */
export class Devices {
  #database;

  constructor(indexedDB = globalThis.indexedDB) {
    const request = indexedDB.open(DATABASE, VERSION);
    request.onupgradeneeded = () => {
      request.result.createObjectStore('devices'); // user id -> device
      request.result.createObjectStore('agents'); // [user id, agent id] -> pairing
    };
    this.#database = done(request);
  }

  /** Asks the browser not to clear this storage; true when it promises. */
  static async persist(storage = globalThis.navigator?.storage) {
    try {
      return (await storage?.persist?.()) ?? false;
    } catch {
      return false;
    }
  }

  /** The device of this user in this browser, or null. */
  async device(user) {
    return (await this.#read('devices', user)) ?? null;
  }

  /** The device of this user, made now if there is none. */
  async ensure(user) {
    const known = await this.device(user);
    if (known) return known;
    const device = await makeDevice();
    await this.#write('devices', device, user);
    return device;
  }

  /** { key: Uint8Array(32), name, device, at } of a paired agent, or null. */
  async agent(user, agent) {
    return (await this.#read('agents', [user, agent])) ?? null;
  }

  async remember(user, agent, pairing) {
    await this.#write('agents', pairing, [user, agent]);
  }

  /** Forgets the device of a user and all it was paired with: after it was revoked. */
  async forget(user) {
    const database = await this.#database;
    const transaction = database.transaction(['devices', 'agents'], 'readwrite');
    transaction.objectStore('devices').delete(user);
    transaction.objectStore('agents').delete(IDBKeyRange.bound([user], [user, []]));
    await new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onerror = transaction.onabort = () => reject(transaction.error);
    });
  }

  async #read(store, key) {
    return done((await this.#database).transaction(store).objectStore(store).get(key));
  }

  async #write(store, value, key) {
    const transaction = (await this.#database).transaction(store, 'readwrite');
    transaction.objectStore(store).put(value, key);
    await new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onerror = transaction.onabort = () => reject(transaction.error);
    });
  }
}
