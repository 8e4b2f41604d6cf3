// Typing with the IME at home: only committed text leaves, and the keys that are no text. Pure: no
// DOM, no clock.
//
// The events are those of a <textarea>. What is being composed stays in it, seen by nobody else.
// Modifiers are held back until a key needs them: text is sent as text, and Shift+A must not press
// Shift at the office.

import { Keyboard } from './keyboard.js';
import { isModifier, placeOf, usageOf } from './keys.js';

/** Most bytes of UTF-8 in one Text message (spec/wire.md). */
export const TEXT_MOST = 1024;

/** Keys that belong to the IME at home. */
const IME_KEYS = new Set([
  'KanjiMode',
  'Zenkaku',
  'Hankaku',
  'ZenkakuHankaku',
  'Convert',
  'NonConvert',
  'Hiragana',
  'Katakana',
  'HiraganaKatakana',
  'Romaji',
  'KanaMode',
  'Eisu',
  'Alphanumeric',
  'HangulMode',
  'HanjaMode',
  'JunjaMode',
  'ModeChange',
  'Process',
  'CapsLock',
  'Dead',
  'Unidentified',
  'AllCandidates',
  'PreviousCandidate',
  'SingleCandidate',
]);
const IME_CODES = new Set([
  'Lang1',
  'Lang2',
  'Lang3',
  'Lang4',
  'Lang5',
  'KanaMode',
  'Convert',
  'NonConvert',
]);
const key = (usage, keysym) => down => ({ down, usage, keysym });
const [CONTROL, SHIFT, BACKSPACE, DELETE, HOME, END, ENTER] = [
  key(0xe0, 0xffe3),
  key(0xe1, 0xffe1),
  key(0x2a, 0xff08),
  key(0x4c, 0xffff),
  key(0x4a, 0xff50),
  key(0x4d, 0xff57),
  key(0x28, 0xff0d),
];
const tap = k => [k(true), k(false)];
const held = (modifier, k) => [modifier(true), ...tap(k), modifier(false)];
/** What a keyboard on glass tells as an edit of its field, as keys. */
const EDITS = {
  insertLineBreak: tap(ENTER),
  insertParagraph: tap(ENTER),
  deleteContentBackward: tap(BACKSPACE),
  deleteContentForward: tap(DELETE),
  deleteWordBackward: held(CONTROL, BACKSPACE),
  deleteWordForward: held(CONTROL, DELETE),
  deleteSoftLineBackward: [...held(SHIFT, HOME), ...tap(BACKSPACE)],
  deleteHardLineBackward: [...held(SHIFT, HOME), ...tap(BACKSPACE)],
  deleteSoftLineForward: [...held(SHIFT, END), ...tap(DELETE)],
  deleteHardLineForward: [...held(SHIFT, END), ...tap(DELETE)],
};

/**
 * Parts of a text of at most `most` bytes each, cut between code points; control characters are
 * left out.
 */
export function splitText(text, most = TEXT_MOST) {
  const parts = [];
  let part = '';
  let length = 0;
  for (const c of text) {
    const cp = c.codePointAt(0);
    if (cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || (cp >= 0xd800 && cp < 0xe000)) continue;
    const bytes = cp < 0x80 ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
    if (length + bytes > most) {
      parts.push(part);
      part = '';
      length = 0;
    }
    part += c;
    length += bytes;
  }
  if (part) parts.push(part);
  return parts;
}

export class HomeTyping {
  #platform;
  #keyboard;
  #held = new Map(); // modifiers down at home and not at the office: code -> event
  #alone = null; // the modifier pressed last, while nothing came after it
  #way = false; // Ctrl+Alt+Shift held and nothing else pressed
  #composing = false;

  constructor(platform = 'other') {
    this.#platform = platform;
    this.#keyboard = new Keyboard(platform);
  }

  get composing() {
    return this.#composing;
  }

  /** Whether the office holds a key. */
  get busy() {
    return this.#keyboard.busy;
  }

  /**
   * Takes an event of the textarea. `altGraph` is `getModifierState('AltGraph')`.
   * @returns {{strokes: object[], texts: string[], prevent: boolean, clear: boolean, wayOut:
   *   boolean}}
   *   what to send, first the strokes; whether to prevent the default; whether to empty the
   *   textarea
   */
  handle(event) {
    const out = { strokes: [], texts: [], prevent: false, clear: false, wayOut: false };
    switch (event.type) {
      case 'keydown':
        this.#down({ ...event, code: placeOf(event) }, out);
        break;
      case 'keyup':
        this.#up({ ...event, code: placeOf(event) }, out);
        break;
      case 'beforeinput':
        this.#before(event, out);
        break;
      case 'compositionstart':
        this.#composing = true;
        this.#alone = null;
        break;
      case 'compositionend':
        this.#composing = false;
        this.#text(event.data ?? '', out);
        out.clear = true;
        break;
      case 'input':
        this.#input(event, out);
        break;
      case 'paste':
      case 'drop':
      case 'dragover':
        out.prevent = true; // there is no clipboard between home and office
        break;
      default:
    }
    return out;
  }

  /** Modifiers the office must hold before a mouse button goes down (Ctrl+click). */
  flush() {
    const strokes = [];
    for (const event of this.#held.values()) strokes.push(...this.#keyboard.handle(event).strokes);
    this.#held.clear();
    this.#alone = null;
    return strokes;
  }

  /** Focus is lost. */
  releaseAll() {
    this.#held.clear();
    this.#alone = null;
    this.#way = this.#composing = false;
    return this.#keyboard.releaseAll();
  }

  #down(event, out) {
    if (
      this.#composing ||
      event.isComposing ||
      event.keyCode === 229 ||
      IME_KEYS.has(event.key) ||
      IME_CODES.has(event.code)
    ) {
      this.#alone = null;
      return;
    }
    if (isModifier(usageOf(event.code))) {
      if (!this.#held.has(event.code) && !this.#keyboard.holds(event.code)) {
        this.#held.set(event.code, event);
        this.#alone = event.code;
        this.#way ||= this.#three();
      }
      out.prevent = event.key === 'Alt' || event.key === 'Meta'; // not the browser's menu
      return;
    }
    this.#alone = null;
    this.#way = false;
    if (this.#isText(event)) return; // the input event brings it
    out.prevent = true;
    out.strokes.push(...this.flush(), ...this.#keyboard.handle(event).strokes);
  }

  #up(event, out) {
    if (this.#held.delete(event.code)) {
      const alone = this.#alone === event.code;
      this.#alone = null;
      out.wayOut = this.#way;
      // Alt or the Windows key by itself opens a menu.
      if (alone && !this.#way && (event.key === 'Alt' || event.key === 'Meta')) {
        const down = this.#keyboard.handle({
          ...event,
          code: event.code,
          key: event.key,
          type: 'keydown',
        }).strokes;
        out.strokes.push(
          ...down,
          ...this.#keyboard.handle({ ...event, code: event.code, key: event.key, type: 'keyup' })
            .strokes,
        );
      }
      this.#way = false;
      out.prevent = event.key === 'Alt' || event.key === 'Meta';
      return;
    }
    const { strokes } = this.#keyboard.handle(event);
    // PrintScreen, which Windows tells by its keyup alone
    if (strokes.some(({ down }) => down)) out.strokes.push(...this.flush());
    out.strokes.push(...strokes);
  }

  /** An edit that changes nothing (the field is empty) is told here only. */
  #before(event, out) {
    if (
      this.#composing ||
      event.isComposing ||
      !event.cancelable ||
      !Object.hasOwn(EDITS, event.inputType)
    )
      return;
    out.prevent = true;
    out.strokes.push(...EDITS[event.inputType]);
  }

  #input(event, out) {
    if (this.#composing || event.isComposing) return;
    if (event.inputType === 'insertText') this.#text(event.data ?? '', out);
    // What could not be prevented before. Compositions were sent at their end; pasted, dropped and
    // replaced text is not typed.
    else if (Object.hasOwn(EDITS, event.inputType)) out.strokes.push(...EDITS[event.inputType]);
    out.clear = true;
  }

  #text(text, out) {
    const texts = splitText(text);
    if (!texts.length) return;
    // What the office still holds (Shift after Shift+arrow) would colour the text.
    const lifted = this.#keyboard.releaseAll();
    out.strokes.push(...lifted);
    out.texts.push(...texts);
  }

  #isText(event) {
    if ([...(event.key ?? '')].length !== 1 || event.key === ' ') return false;
    if (event.altGraph) return true;
    return !event.ctrlKey && !event.metaKey && (!event.altKey || this.#platform === 'mac');
  }

  #three() {
    const held = name =>
      ['Left', 'Right'].some(
        side => this.#held.has(name + side) || this.#keyboard.holds(name + side),
      );
    return held('Control') && held('Alt') && held('Shift');
  }
}
