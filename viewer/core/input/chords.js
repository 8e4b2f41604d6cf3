// Keys a browser or its system keeps for itself, as entries of a menu.

import { usageOf } from './keys.js';

/** Keysyms of the keys used in chords (X11 keysymdef.h). */
const KEYSYMS = {
  ControlLeft: 0xffe3,
  AltLeft: 0xffe9,
  ShiftLeft: 0xffe1,
  MetaLeft: 0xffeb,
  Delete: 0xffff,
  Tab: 0xff09,
  Escape: 0xff1b,
  PrintScreen: 0xff61,
  F4: 0xffc1,
  F11: 0xffc8,
  KeyW: 0x77,
  KeyT: 0x74,
  KeyN: 0x6e,
  Backquote: 0xff2a,
  Convert: 0xff23,
  NonConvert: 0xff22,
  KanaMode: 0xff27,
  CapsLock: 0xffe5,
};

/**
 * The menu: `id` names the text of the entry, `keys` go down in this order and up in the reverse.
 */
export const CHORDS = [
  { id: 'ctrl_alt_del', keys: ['ControlLeft', 'AltLeft', 'Delete'] },
  { id: 'alt_tab', keys: ['AltLeft', 'Tab'] },
  { id: 'win', keys: ['MetaLeft'] },
  { id: 'alt_f4', keys: ['AltLeft', 'F4'] },
  { id: 'ctrl_shift_esc', keys: ['ControlLeft', 'ShiftLeft', 'Escape'] },
  { id: 'print_screen', keys: ['PrintScreen'] },
  { id: 'ctrl_w', keys: ['ControlLeft', 'KeyW'] },
  { id: 'ctrl_t', keys: ['ControlLeft', 'KeyT'] },
  { id: 'ctrl_n', keys: ['ControlLeft', 'KeyN'] },
  { id: 'f11', keys: ['F11'] },
  { id: 'zenkaku', keys: ['Backquote'] },
  { id: 'henkan', keys: ['Convert'] },
  { id: 'muhenkan', keys: ['NonConvert'] },
  { id: 'kana', keys: ['KanaMode'] },
  { id: 'caps', keys: ['ShiftLeft', 'CapsLock'] },
];

/** The strokes of one chord. */
export function strokesOf({ keys }) {
  const stroke = (code, down) => ({ down, usage: usageOf(code), keysym: KEYSYMS[code] });
  return [
    ...keys.map(code => stroke(code, true)),
    ...[...keys].reverse().map(code => stroke(code, false)),
  ];
}
