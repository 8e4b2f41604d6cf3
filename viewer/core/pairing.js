// Pairing this browser with an office agent (spec/pairing.md, "Slip" and "Meeting").

import { fromBase64, fromHex, toHex } from './encoding.js';
import { watchMeeting } from './declined.js';
import { meet } from './meeting.js';
import { pairThrough } from './link.js';

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const CODE = 24;
const INVITE = 8;
/** How long each part may take, in ms. */
const PATIENCE = 20000;

/** Why pairing did not come about; `fault` is a key of the page's texts. */
export class PairingError extends Error {
  constructor(fault, message = fault) {
    super(message);
    this.name = 'PairingError';
    this.fault = fault;
  }
}

/**
 * Reads a slip's code as people type it: any case, full-width, with or without hyphens and spaces,
 * O for 0, I and L for 1.
 * @returns {{ invite: string, secret: string, text: string } | null} eight characters for the
 *   server, sixteen for the agent alone
 */
export function parseCode(typed) {
  const plain = typed
    .normalize('NFKC')
    .toUpperCase()
    .replace(/[\s\-‐‑‒–—―ー−ｰ_]/gu, '')
    .replace(/O/g, '0')
    .replace(/[IL]/g, '1');
  if (plain.length !== CODE || [...plain].some(c => !CROCKFORD.includes(c))) return null;
  return {
    invite: plain.slice(0, INVITE),
    secret: plain.slice(INVITE),
    text: plain.match(/.{4}/g).join('-'),
  };
}

/**
 * Takes the code out of an address's fragment and out of the address bar (and so out of the
 * history), at once.
 */
export function takeFragment(location, history) {
  const code = decodeURIComponentSafe(location.hash.slice(1));
  if (location.hash) history.replaceState(null, '', location.pathname + location.search);
  return code;
}

function decodeURIComponentSafe(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** What a browser calls itself, for the list of devices: "Chrome / Windows". */
export function describe(navigator) {
  const agent = navigator?.userAgent ?? '';
  const browser = [
    ['Edg', 'Edge'],
    ['Firefox', 'Firefox'],
    ['CriOS', 'Chrome'],
    ['Chrom', 'Chrome'],
    ['Safari', 'Safari'],
  ].find(([mark]) => agent.includes(mark))?.[1];
  const system = [
    ['CrOS', 'ChromeOS'],
    ['Android', 'Android'],
    ['iPhone', 'iPhone'],
    ['iPad', 'iPad'],
    ['Mac', 'macOS'],
    ['Windows', 'Windows'],
    ['Linux', 'Linux'],
  ].find(([mark]) => agent.includes(mark))?.[1];
  return [browser, system].filter(Boolean).join(' / ');
}

/**
 * Pairs. Resolves with what is to be remembered: { agent (hex), key, name, device (hex) }.
 * @param {{code: {invite, secret}, device: {id, keys}, name: string, userAgent: string, csrf:
 *   string, onStage?: (stage) => void}} options
 *   stages: 'asking', 'connecting', 'waiting', 'handshaking', 'proving'
 * @param {{fetch, WebSocket, setTimeout, clearTimeout}} parts
 */
export async function pair({ code, device, name, userAgent, csrf, onStage = () => {} }, parts) {
  const abort = new AbortController();
  const came = new AbortController();
  let stage = null;
  let declined = false;
  let timer = null;
  const enter = next => {
    stage = next;
    parts.clearTimeout(timer);
    timer = parts.setTimeout(() => abort.abort(), PATIENCE);
    onStage(next);
  };
  try {
    enter('asking');
    const facts = await ask(code.invite, csrf, abort.signal, parts);
    enter('connecting');
    const onWaiting = () => {
      enter('waiting');
      const onDeclined = () => {
        declined = true;
        abort.abort();
      };
      watchMeeting(toHex(facts.meeting), {
        fetch: parts.fetch,
        setTimeout: parts.setTimeout,
        signal: came.signal,
        onDeclined,
      });
    };
    const pipe = await meet({
      url: facts.relayUrl,
      ticket: facts.ticket,
      WebSocket: parts.WebSocket,
      signal: abort.signal,
      onWaiting,
    });
    came.abort();
    enter('handshaking');
    const {
      agentKey,
      agentName,
      device: named,
    } = await pairThrough(
      pipe,
      { ...facts, secret: code.secret, keys: device.keys, name, userAgent },
      enter,
    );
    if (toHex(named) !== device.id)
      throw new PairingError('refused', 'the agent named another device');
    return { agent: toHex(facts.agent), key: agentKey, name: agentName, device: device.id };
  } catch (error) {
    throw error instanceof PairingError
      ? error
      : new PairingError(
          declined ? 'refused' : faultAt(stage, abort.signal.aborted),
          error.message,
        );
  } finally {
    parts.clearTimeout(timer);
    came.abort();
    abort.abort();
  }
}

/**
 * What a failure at a stage means. The agent hangs up on a wrong secret, after the proof or because
 * tries are spent.
 */
function faultAt(stage, late) {
  if (stage === 'asking') return 'server';
  if (stage === 'connecting') return 'relay';
  if (stage === 'waiting') return 'agent';
  return late ? 'agent' : stage === 'proving' ? 'secret' : 'refused';
}

async function ask(invite, csrf, signal, { fetch }) {
  let response;
  try {
    response = await fetch('/api/pairings', {
      method: 'POST',
      credentials: 'same-origin',
      cache: 'no-store',
      redirect: 'error',
      signal,
      headers: {
        accept: 'application/json',
        'content-type': 'application/json',
        'x-noren-csrf': csrf,
      },
      body: JSON.stringify({ invite }),
    });
  } catch {
    throw new PairingError('server');
  }
  const body = await response.json().catch(() => null);
  if (response.status !== 200) throw new PairingError(refusal(response.status, body?.error));
  const facts = {
    meeting: fromHex(body?.meeting, 16),
    agent: fromHex(body?.agent, 16),
    ticket: fromBase64(body?.ticket, 512),
    body: body?.body,
    relayUrl: body?.relay_url,
  };
  if (
    Object.values(facts).some(v => v === null) ||
    !/^\d{6}$/.test(facts.body) ||
    !/^wss?:\/\//.test(facts.relayUrl)
  )
    throw new PairingError('server');
  return facts;
}

function refusal(status, code) {
  if (status === 401) return 'signin';
  if (status === 404) return 'unknown';
  if (status === 429) return 'too_many';
  if (code === 'agent_offline') return 'agent';
  return status >= 500 ? 'server' : 'not_permitted';
}
