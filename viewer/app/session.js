// The page of a session: puts the parts together.

import { AgentCaps, NoticeKind, Typing } from '../core/wire.js';
import { Session } from '../core/session.js';
import { secure } from '../core/link.js';
import { Devices } from '../core/devices.js';
import { generateDeviceKey } from '../core/channel.js';
import { Screen } from '../core/screen/screen.js';
import { Input } from '../core/input/input.js';
import { platformOf } from '../core/input/keyboard.js';
import { sizeOn, wishFor } from '../core/input/pointer.js';
import { Banners } from './banners.js';
import { Credentials } from './credentials.js';
import { CursorShape } from './cursor.js';
import { Panel } from './panel.js';
import { Toolbar } from './toolbar.js';
import { fill, speaker } from './text.js';
import { load, save } from './settings.js';

/** A window that is being resized is left alone for so long (ms). */
const REST = 400;
const ZOOM = { least: 1, most: 6 };

const $ = id => document.getElementById(id);
const page = JSON.parse($('page').textContent);
const t = speaker(page.lang);
const canvas = $('screen');
const stage = $('stage');
const settings = load();
const platform = platformOf(navigator);
const remote = { width: 1, height: 1 };
let zoom = 1;
let caps = 0;

fill($('noren'), t, { name: page.target.name });
canvas.setAttribute('aria-label', t('desktop', { name: page.target.name }));
$('typing').setAttribute('aria-label', t('typing_area'));
document.title = `${page.target.name} - Noren`;

const devices = new Devices();
const user = page.user.id;
const parts = {
  fetch: (...a) => fetch(...a),
  WebSocket,
  now: () => performance.now(),
  random: Math.random,
  setTimeout: (f, ms) => setTimeout(f, ms),
  clearTimeout: id => clearTimeout(id),
  secure,
};

const session = new Session(
  {
    target: page.target.id,
    csrf: page.csrf,
    device: () => devices.device(user),
    agent: agent => devices.agent(user, agent),
    hello: () => ({ ...wish(), caps, typing: input.mode === 'home' ? Typing.home : Typing.office }),
    screen: onAck => new Screen(canvas, { onAck, onSize: resized }),
    on: {
      change: changed,
      welcome: welcomed,
      caps: able,
      cursor: message => cursor.show(message),
      notice: noticed,
      credentials: c => credentials.ask(c),
      line: measured,
      error: error => console.warn(`noren: ${error.message}`),
    },
  },
  parts,
);

const input = new Input({
  canvas,
  typing: $('typing'),
  platform,
  command: () => platform === 'mac' && settings.command,
  remote: () => remote,
  send: m => session.send(m),
  point: m => session.point(m),
  text: () => takes(AgentCaps.text),
  unheard: () => banners.hint(t('typing_no_text')),
  wayOut: () => toolbar.enter(),
  larger: () => stage.scrollWidth > stage.clientWidth || stage.scrollHeight > stage.clientHeight,
  pan: (dx, dy) => stage.scrollBy(dx, dy),
  zoom: zoomed,
});

const panel = new Panel({ t, page, again: () => session.start() });
const cursor = new CursorShape(canvas);
const banners = new Banners({ t, onGoOn: goOn });
const credentials = new Credentials({
  t,
  onSend: c => session.credentials(c),
  onCancel: () => session.stop(),
});
const toolbar = new Toolbar(
  {
    t,
    name: page.target.name,
    mac: platform === 'mac',
    onCommand: command => keep({ command }),
    onTyping: typed,
    onView: view => (keep({ view }), (zoom = 1), layout()),
    onResize: resize => (keep({ resize }), ask()),
    onChord: strokes => (input.stroke(strokes), input.focus()),
    onFull: full,
    onLeave: () => session.stop(),
    onKeyboard: () => ((toolbar.typing = 'home'), typed('home'), input.focus({ keyboard: true })),
    onFold: open => open || input.focus(),
  },
  settings,
);

input.mode = settings.typing;
start();

async function start() {
  // X25519 came to the browsers between 2023 and 2025; without it there is no channel.
  const able = globalThis.crypto?.subtle && (await generateDeviceKey().catch(() => null));
  caps = await Screen.caps();
  if (able) return session.start();
  panel.show({ shown: 'ended', reason: 'browser' });
  canvas.dataset.state = 'ended';
}

function changed({ machine }) {
  const { shown, missing, reason } = machine;
  const before = canvas.dataset.state;
  const focused = document.activeElement;
  Object.assign(canvas.dataset, { state: shown, missing: missing ?? '', reason: reason ?? '' });
  input.enabled = shown === 'live';
  const news = panel.show(machine);
  if (news) $('said').textContent = news;
  if (shown === 'live') {
    // Whoever was busy with the toolbar stays there.
    if (!focused || focused === document.body || focused === canvas || $('veil').contains(focused))
      input.focus();
    if (before !== 'live') ask();
  } else {
    toolbar.noLine();
    banners.clear('idle');
  }
  // A revoked key is of no more use: the next pairing makes another.
  if (reason === 'device_revoked') devices.forget(user);
  if (shown === 'ended') ended();
  else if (before === 'ended') toolbar.open = true;
  tick();
}

function ended() {
  credentials.close();
  banners.clear();
  cursor.reset();
  canvas.width = canvas.height = 1; // nothing of the office stays here
  if (document.fullscreenElement) document.exitFullscreen();
  toolbar.open = false;
}

function welcomed() {
  able();
  tick();
}

/** Whether the desktop takes this (AgentCaps). */
function takes(what) {
  return Boolean((session.welcome?.caps ?? 0) & what);
}

/** What the desktop takes is known, or has changed. */
function able() {
  toolbar.allow({ resize: takes(AgentCaps.resize), text: takes(AgentCaps.text) });
  // Text that does not arrive is not what the person has chosen. A keyboard on glass has nothing
  // else to give.
  if (!takes(AgentCaps.text) && input.mode === 'home' && !matchMedia('(pointer: coarse)').matches) {
    input.mode = toolbar.typing = 'office';
    banners.hint(t('typing_no_text'));
  }
  ask();
}

function noticed({ kind, seconds }) {
  if (kind === NoticeKind.idleSoon) banners.warn('idle', seconds);
  else if (kind === NoticeKind.idleLifted) banners.clear('idle');
  else if (kind === NoticeKind.periodSoon) banners.warn('period', seconds);
  else if (kind === NoticeKind.textNotTaken) banners.hint(t('text_not_taken'));
}

function measured(line) {
  const said = toolbar.line(line, performance.now());
  if (said) $('said').textContent = said;
}

/** The office counts what is done there: the pointer says that somebody is here. */
function goOn() {
  session.send({ type: 'ReleaseAll' });
  input.nudge();
  input.focus();
}

function typed(mode) {
  keep({ typing: mode });
  input.mode = mode;
  const home = takes(AgentCaps.text) ? 'typing_home_now' : 'typing_home_ascii_now';
  banners.hint(t(mode === 'home' ? home : 'typing_office_now'));
  input.focus();
}

function keep(change) {
  Object.assign(settings, change);
  save(settings);
}

// ---- size

function resized(width, height) {
  Object.assign(remote, { width, height });
  layout();
}

/** The window's room in CSS px, whatever scroll bars take of the stage just now. */
function room() {
  return { width: stage.offsetWidth, height: stage.offsetHeight };
}

function wish() {
  return wishFor({ stage: room(), ratio: devicePixelRatio });
}

function layout() {
  const size = sizeOn({
    remote,
    stage: room(),
    ratio: devicePixelRatio,
    mode: settings.view,
    zoom,
  });
  canvas.style.width = `${size.width}px`;
  canvas.style.height = `${size.height}px`;
  canvas.dataset.crisp = String(
    Number.isInteger(Math.round((size.width * devicePixelRatio * 1000) / remote.width) / 1000),
  );
}

let asked = '';
/** Asks the office for a desktop of this window's size, where both want it. */
function ask() {
  if (session.machine.shown !== 'live' || !settings.resize || !takes(AgentCaps.resize)) return;
  const { width, height } = wish();
  const key = `${session.machine.attempt}:${width}x${height}`;
  if (key === asked || (width === remote.width && height === remote.height)) return;
  asked = key;
  session.send({ type: 'Resize', width, height });
}

let resting = null;
function moved() {
  layout();
  clearTimeout(resting);
  resting = setTimeout(ask, REST);
}
new ResizeObserver(moved).observe(stage);

/**
 * Another monitor, or the browser's zoom: its pixels have another size, though the window may have
 * the same in CSS px.
 */
function watchScale() {
  const same = matchMedia(`(resolution: ${devicePixelRatio}dppx)`);
  same.addEventListener('change', () => (watchScale(), moved()), { once: true });
}
watchScale();

function zoomed(factor, x, y) {
  const before = zoom;
  zoom = Math.max(ZOOM.least, Math.min(ZOOM.most, zoom * factor));
  if (zoom === before) return;
  const rect = canvas.getBoundingClientRect();
  const at = { x: (x - rect.left) / rect.width, y: (y - rect.top) / rect.height };
  layout();
  const now = canvas.getBoundingClientRect();
  stage.scrollBy(now.left + at.x * now.width - x, now.top + at.y * now.height - y);
}

// ---- full screen

async function full() {
  if (document.fullscreenElement) return document.exitFullscreen();
  try {
    await document.documentElement.requestFullscreen({ navigationUI: 'hide' });
  } catch {
    banners.hint(t('full_refused'));
    return;
  }
  let locked = false;
  try {
    // Esc, Alt+Tab and the Windows key too, where the browser can.
    await navigator.keyboard?.lock();
    locked = Boolean(navigator.keyboard);
  } catch {
    locked = false;
  }
  banners.hint(t(locked ? 'full_hint' : 'full_hint_short'));
  toolbar.open = false;
  input.focus();
}

document.addEventListener('fullscreenchange', () => {
  toolbar.full = Boolean(document.fullscreenElement);
  input.releaseAll();
  if (!document.fullscreenElement) navigator.keyboard?.unlock?.();
});

// ---- the world around

/** The toolbar folds when the work begins. */
function begin() {
  if (session.machine.shown === 'live') toolbar.open = false;
}
canvas.addEventListener('pointerdown', begin);
canvas.addEventListener('keydown', begin);
$('typing').addEventListener('keydown', begin);

function tick() {
  toolbar.left = session.left;
}
setInterval(tick, 1000);

addEventListener('online', () => session.online(true));
addEventListener('offline', () => session.online(false));
document.addEventListener('visibilitychange', () => {
  if (document.hidden) input.releaseAll();
  session.visible(!document.hidden);
});
addEventListener('pagehide', () => session.stop());
addEventListener('pageshow', event => event.persisted && location.reload());
