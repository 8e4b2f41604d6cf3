// The physical keyboard: browser events in, key strokes out. Pure: no DOM, no clock.
//
// Every stroke that goes down is remembered by its code, so that whatever the browser forgets to
// lift can be lifted.

import { usageOf, usageOfCharacter, keysymOf, placeOf, isModifier } from './keys.js';

// Windows reports these toggles with a keydown or a keyup alone, as the state of the IME turns:
// each event is a full stroke.
const WINDOWS_TOGGLES = new Set([
  'Zenkaku',
  'Hankaku',
  'KanjiMode',
  'Katakana',
  'Hiragana',
  'Romaji',
  'KanaMode',
  'Eisu',
  'Alphanumeric',
  'HiraganaKatakana',
]);
// Two events closer than this (ms, by their own time stamps) came from one key: Windows' Control
// before AltGr.
const SAME_STROKE = 20;
/** Modifiers, and what an event says of them. */
const FLAGS = { Control: 'ctrlKey', Shift: 'shiftKey', Alt: 'altKey', Meta: 'metaKey' };

/** 'mac' | 'windows' | 'other' from what the browser says of itself. */
export function platformOf(navigator) {
  const said = [navigator?.userAgentData?.platform, navigator?.platform, navigator?.userAgent];
  const name = said.map(one => one ?? '').join(' ');
  if (/mac|iphone|ipad|ipod/i.test(name)) return 'mac';
  return /win/i.test(name) ? 'windows' : 'other';
}

/**
 * Command as Control, for people at a Mac whose office is Windows: the same strokes with Meta
 * replaced.
 */
export function commandAsControl(strokes) {
  return strokes.map(stroke => {
    if (stroke.usage === 0xe3) return { ...stroke, usage: 0xe0, keysym: 0xffe3 };
    return stroke.usage === 0xe7 ? { ...stroke, usage: 0xe4, keysym: 0xffe4 } : stroke;
  });
}

export class Keyboard {
  #platform;
  #held = new Map(); // code -> { usage, keysym }
  #controlAt = -Infinity; // time stamp of the last ControlLeft, for AltGr on Windows
  #escape = 0; // the way out: 0 nothing, 1 Ctrl+Alt+Shift all held and nothing else pressed since

  /** @param {'mac'|'windows'|'other'} platform */
  constructor(platform = 'other') {
    this.#platform = platform;
  }

  /** Whether any key is held. */
  get busy() {
    return this.#held.size > 0;
  }

  holds(code) {
    return this.#held.has(code);
  }

  /**
   * Takes a keydown or keyup.
   * @returns {{ strokes: {down: boolean, usage: number, keysym: number}[], wayOut: boolean }}
   *   strokes in order; `wayOut` when Ctrl+Alt+Shift was pressed and let go alone.
   */
  handle(event) {
    const code = placeOf(event);
    const usage = usageOf(code);
    const keysym = keysymOf({
      key: event.key,
      code,
      location: event.location,
      shiftKey: event.shiftKey,
    });
    if (usage === 0 && keysym === 0) return { strokes: [], wayOut: false };
    if (!code)
      return {
        strokes: event.type === 'keydown' ? this.#character(event, keysym) : [],
        wayOut: false,
      };
    return event.type === 'keydown'
      ? this.#down(event, code, usage, keysym)
      : this.#up(event, code, usage);
  }

  /** Lifts everything; the strokes to send, modifiers last. */
  releaseAll() {
    this.#escape = 0;
    const codes = [...this.#held.keys()].sort(
      (a, b) => isModifier(usageOf(a)) - isModifier(usageOf(b)),
    );
    return codes.flatMap(code => this.#lift(code));
  }

  /**
   * A character without a place is typed at once: what is lifted later may go by another name (A,
   * then a).
   */
  #character(event, keysym) {
    this.#escape = 0;
    // a command is a key
    const usage = event.ctrlKey || event.altKey || event.metaKey ? usageOfCharacter(event.key) : 0;
    return [...this.#agree(event), { down: true, usage, keysym }, { down: false, usage, keysym }];
  }

  /**
   * Strokes that make the modifiers as the event says they are: one was held before the focus came
   * (or through a break of the
   * line), another was lifted where nobody saw it.
   */
  #agree(event) {
    const strokes = [];
    // AltGr is Control and Alt in some browsers and neither in others.
    if (this.#held.has('AltRight') || (event.altGraph ?? event.getModifierState?.('AltGraph')))
      return strokes;
    for (const [name, flag] of Object.entries(FLAGS)) {
      const sides = [name + 'Left', name + 'Right'];
      const held = sides.some(side => this.#held.has(side));
      if (event[flag] === false && held) strokes.push(...sides.flatMap(side => this.#lift(side)));
      if (event[flag] !== true || held) continue;
      const key = {
        usage: usageOf(sides[0]),
        keysym: keysymOf({ key: name, code: sides[0], location: 1 }),
      };
      this.#held.set(sides[0], key);
      strokes.push({ down: true, ...key });
    }
    return strokes;
  }

  #down(event, code, usage, keysym) {
    const strokes = [];
    const modifier = isModifier(usage);
    // a held modifier repeats to no effect
    if (modifier && this.#held.has(code)) return { strokes, wayOut: false };
    if (!modifier) strokes.push(...this.#agree(event));
    if (this.#isTap(event, code)) {
      this.#escape = 0;
      if (!event.repeat)
        strokes.push({ down: true, usage, keysym }, { down: false, usage, keysym });
      return { strokes, wayOut: false };
    }
    if (this.#platform === 'windows') {
      if (code === 'ControlLeft') this.#controlAt = event.timeStamp ?? 0;
      // AltGr arrives as ControlLeft and AltRight at one moment: that Control was never pressed by
      // anyone.
      if (
        code === 'AltRight' &&
        event.key === 'AltGraph' &&
        Math.abs((event.timeStamp ?? 0) - this.#controlAt) <= SAME_STROKE
      ) {
        strokes.push(...this.#lift('ControlLeft'));
      }
    }
    this.#held.set(code, { usage, keysym });
    strokes.push({ down: true, usage, keysym });
    // With Command held macOS reports no keyup for other keys.
    if (this.#platform === 'mac' && !modifier && event.metaKey) strokes.push(...this.#lift(code));
    this.#escape = modifier ? Math.max(this.#escape, this.#chord() ? 1 : 0) : 0;
    return { strokes, wayOut: false };
  }

  #up(event, code, usage) {
    const strokes = [];
    const tap = () => {
      const keysym = keysymOf({ key: event.key, code });
      strokes.push({ down: true, usage, keysym }, { down: false, usage, keysym });
      return { strokes, wayOut: false };
    };
    if (this.#isTap(event, code)) {
      // CapsLock on macOS: keydown when it turns on, keyup when it turns off. Windows' toggles were
      // answered at keydown.
      return code === 'CapsLock' && this.#platform === 'mac' ? tap() : { strokes, wayOut: false };
    }
    // Windows keeps the keydown of PrintScreen for itself.
    if (code === 'PrintScreen' && this.#platform === 'windows' && !this.#held.has(code))
      return tap();
    strokes.push(...this.#lift(code));
    if (this.#platform === 'mac' && usage !== 0 && (usage === 0xe3 || usage === 0xe7)) {
      for (const other of [...this.#held.keys()])
        if (!isModifier(usageOf(other))) strokes.push(...this.#lift(other));
    }
    // With both Shift keys held Windows reports only the last of the two being lifted.
    if (
      this.#platform === 'windows' &&
      (code === 'ShiftLeft' || code === 'ShiftRight') &&
      !event.shiftKey
    ) {
      strokes.push(...this.#lift('ShiftLeft'), ...this.#lift('ShiftRight'));
    }
    const wayOut = this.#escape === 1 && isModifier(usage);
    if (wayOut) this.#escape = 0;
    return { strokes, wayOut };
  }

  #isTap(event, code) {
    if (this.#platform === 'mac')
      return code === 'CapsLock' || code === 'Lang1' || code === 'Lang2';
    return this.#platform === 'windows' && (WINDOWS_TOGGLES.has(event.key) || code === 'KanaMode');
  }

  #chord() {
    const held = name => this.#held.has(name + 'Left') || this.#held.has(name + 'Right');
    const others = [...this.#held.values()].some(({ usage }) => !isModifier(usage));
    return held('Control') && held('Alt') && held('Shift') && !others;
  }

  #lift(code) {
    const key = this.#held.get(code);
    if (!key) return [];
    this.#held.delete(code);
    return [{ down: false, ...key }];
  }
}
