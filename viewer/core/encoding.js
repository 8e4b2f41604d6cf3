// Text forms of bytes in the calls: lower-case hex for ids, base64 for keys, tickets and grants.

/** Bytes of a hex id of exactly `length` bytes, or null. */
export function fromHex(text, length) {
  if (typeof text !== 'string' || text.length !== length * 2 || !/^[0-9a-f]*$/.test(text))
    return null;
  return Uint8Array.from({ length }, (_, i) => parseInt(text.slice(2 * i, 2 * i + 2), 16));
}

export const toHex = bytes => Array.from(bytes, b => b.toString(16).padStart(2, '0')).join('');

/** Bytes of standard base64 with at most `most` bytes, or null. */
export function fromBase64(text, most) {
  if (typeof text !== 'string' || text.length > Math.ceil(most / 3) * 4) return null;
  try {
    const bytes = Uint8Array.from(atob(text), c => c.charCodeAt(0));
    return bytes.length <= most ? bytes : null;
  } catch {
    return null;
  }
}

export const toBase64 = bytes => btoa(String.fromCharCode(...bytes));

/** Whether two byte arrays are the same. For public values: not constant in time. */
export const same = (a, b) => a.length === b.length && a.every((x, i) => x === b[i]);
