// The toolbar at the top of the desktop. It can be folded to its handle, and the handle moved out
// of the way.

import { CHORDS, strokesOf } from '../core/input/chords.js';
import { duration } from './text.js';
import { Quality } from './quality.js';

/** Less than this left (ms): said in red. */
const SOON = 10 * 60_000;
/** How far (px) a press on the handle must move to be a move. */
const DRAG = 6;
const $ = id => document.getElementById(id);

export class Toolbar {
  #t;
  #o;
  #bar = $('bar');
  #handle = $('handle');
  #quality = new Quality();
  #line = null;

  /**
   * @param {object} options t, name, mac, and what happens: onTyping(mode), onView(mode),
   *   onResize(bool), onCommand(bool), onChord(strokes), onFull(), onLeave(), onKeyboard(),
   *   onFold(open)
   * @param {{typing: string, view: string, resize: boolean, command: boolean}} settings
   */
  constructor(options, settings) {
    this.#o = options;
    this.#t = options.t;
    $('target-name').textContent = options.name;
    this.#radios('typing', settings.typing, options.onTyping);
    this.#radios('view', settings.view, options.onView);
    $('resize').checked = settings.resize;
    $('resize').addEventListener('change', () => options.onResize($('resize').checked));
    $('command-choice').hidden = !options.mac;
    $('command').checked = settings.command;
    $('command').addEventListener('change', () => options.onCommand($('command').checked));
    this.#menu('keys', 'chords');
    this.#menu('view', 'views');
    this.#chords();
    $('full').addEventListener('click', () => options.onFull());
    $('leave').addEventListener('click', () => options.onLeave());
    $('soft-keyboard').hidden = !matchMedia('(any-pointer: coarse)').matches;
    $('soft-keyboard').addEventListener('click', () => options.onKeyboard());
    this.#movable();
    this.open = true;
  }

  get open() {
    return this.#bar.dataset.open === 'true';
  }

  set open(open) {
    // Asked for at each key press: what stands already must not cost a layout.
    if (this.#bar.dataset.open === String(open)) return;
    this.#bar.dataset.open = String(open);
    this.#handle.setAttribute('aria-expanded', String(open));
    $('handle-text').textContent = this.#t(open ? 'close_toolbar' : 'open_toolbar');
    if (!open) this.#closeMenus();
  }

  /** Opens the toolbar and puts the focus on it. */
  enter() {
    this.open = true;
    document.querySelector('#tools input[name="typing"]:checked').focus();
  }

  /**
   * What the desktop takes: resizing, and text from the home IME. Without the latter the choice
   * says what is left of it.
   */
  allow({ resize, text }) {
    $('resize-choice').hidden = !resize;
    $('typing-home').textContent = this.#t(text ? 'typing_home' : 'typing_home_ascii');
    $('typing-note').hidden = text;
  }

  set typing(mode) {
    document.querySelector(`#tools input[name="typing"][value="${mode}"]`).checked = true;
  }

  set full(full) {
    $('full').setAttribute('aria-pressed', String(full));
    $('full').textContent = this.#t(full ? 'full_leave' : 'full');
  }

  /** Shows a measurement of the line; the words to say aloud when they changed, or null. */
  line(line, now) {
    const before = this.#quality.word;
    const changed = this.#quality.update(line, now);
    const word = this.#t(`line_${this.#quality.word}`);
    const ms = this.#t('ms', { ms: this.#quality.ms });
    // What is written anew is painted anew, and costs the browser as much as a picture.
    if (this.#line !== word + ms) {
      this.#line = word + ms;
      for (const element of [$('line'), this.#handle]) element.dataset.quality = this.#quality.word;
      $('line-word').textContent = word;
      $('line-ms').textContent = ms;
    }
    return changed && before !== null ? this.#t('line_now', { word }) : null;
  }

  noLine() {
    this.#quality.reset();
    for (const element of [$('line'), this.#handle]) element.dataset.quality = 'none';
    $('line-word').textContent = $('line-ms').textContent = '';
    this.#line = null;
  }

  /** Time left in ms, or null when there is no session. */
  set left(ms) {
    const element = $('remaining');
    const text = ms === null ? '' : this.#t('remaining', { time: duration(this.#t, ms) });
    if (element.textContent === text && element.hidden === (ms === null)) return;
    element.hidden = ms === null;
    if (ms === null) return;
    element.dataset.soon = String(ms < SOON);
    element.textContent = text;
  }

  #radios(name, value, on) {
    for (const radio of document.querySelectorAll(`#tools input[name="${name}"]`)) {
      radio.checked = radio.value === value;
      radio.addEventListener('change', () => on(radio.value));
    }
  }

  #menu(button, list) {
    $(button).addEventListener('click', () => {
      const open = $(list).hidden;
      this.#closeMenus();
      $(list).hidden = !open;
      $(button).setAttribute('aria-expanded', String(open));
    });
    $(list).parentElement.addEventListener('keydown', event => {
      if (event.key !== 'Escape' || $(list).hidden) return;
      this.#closeMenus();
      $(button).focus();
    });
  }

  #closeMenus() {
    for (const [button, list] of [
      ['keys', 'chords'],
      ['view', 'views'],
    ]) {
      $(list).hidden = true;
      $(button).setAttribute('aria-expanded', 'false');
    }
  }

  #chords() {
    for (const chord of CHORDS) {
      const item = document.createElement('li');
      const button = document.createElement('button');
      button.type = 'button';
      button.textContent = this.#t(chord.id);
      button.dataset.chord = chord.id;
      button.addEventListener('click', () => {
        this.#closeMenus();
        this.#o.onChord(strokesOf(chord));
      });
      item.append(button);
      $('chord-list').append(item);
    }
  }

  /** A press folds or unfolds; a press that moves takes the bar along the upper edge. */
  #movable() {
    let from = null;
    let moved = false;
    let shift = 0;
    let before = 0;
    this.#handle.addEventListener('pointerdown', event => {
      from = event.clientX;
      before = shift;
      moved = false;
      this.#handle.setPointerCapture(event.pointerId);
    });
    this.#handle.addEventListener('pointermove', event => {
      if (from === null || (!moved && Math.abs(event.clientX - from) < DRAG)) return;
      moved = true;
      const room = Math.max(0, (innerWidth - this.#bar.offsetWidth) / 2);
      shift = Math.max(-room, Math.min(room, before + event.clientX - from));
      this.#bar.style.setProperty('--shift', `${shift}px`);
    });
    this.#handle.addEventListener('pointerup', () => (from = null));
    this.#handle.addEventListener('click', () => {
      if (moved) return (moved = false);
      this.open = !this.open;
      if (this.open) this.#bar.style.setProperty('--shift', `${(shift = 0)}px`);
      this.#o.onFold(this.open);
    });
  }
}
