// Tables: KeyboardEvent.code -> USB HID usage (page 7), KeyboardEvent.key -> X11 keysym.
// Sources: UI Events KeyboardEvent code Values (W3C), HID Usage Tables 1.5 section 10, X11
// keysymdef.h.

const usages = new Map();
for (let i = 0; i < 26; i++) usages.set('Key' + String.fromCharCode(65 + i), 0x04 + i);
for (let i = 1; i <= 9; i++) usages.set('Digit' + i, 0x1d + i);
for (let i = 1; i <= 12; i++) usages.set('F' + i, 0x39 + i);
for (let i = 13; i <= 24; i++) usages.set('F' + i, 0x5b + i);
for (let i = 1; i <= 9; i++) usages.set('Numpad' + i, 0x58 + i);
for (const [code, usage] of [
  ['Digit0', 0x27],
  ['Enter', 0x28],
  ['Escape', 0x29],
  ['Backspace', 0x2a],
  ['Tab', 0x2b],
  ['Space', 0x2c],
  ['Minus', 0x2d],
  ['Equal', 0x2e],
  ['BracketLeft', 0x2f],
  ['BracketRight', 0x30],
  ['Backslash', 0x31],
  ['IntlHash', 0x32],
  ['Semicolon', 0x33],
  ['Quote', 0x34],
  ['Backquote', 0x35],
  ['Comma', 0x36],
  ['Period', 0x37],
  ['Slash', 0x38],
  ['CapsLock', 0x39],
  ['PrintScreen', 0x46],
  ['ScrollLock', 0x47],
  ['Pause', 0x48],
  ['Insert', 0x49],
  ['Home', 0x4a],
  ['PageUp', 0x4b],
  ['Delete', 0x4c],
  ['End', 0x4d],
  ['PageDown', 0x4e],
  ['ArrowRight', 0x4f],
  ['ArrowLeft', 0x50],
  ['ArrowDown', 0x51],
  ['ArrowUp', 0x52],
  ['NumLock', 0x53],
  ['NumpadDivide', 0x54],
  ['NumpadMultiply', 0x55],
  ['NumpadSubtract', 0x56],
  ['NumpadAdd', 0x57],
  ['NumpadEnter', 0x58],
  ['Numpad0', 0x62],
  ['NumpadDecimal', 0x63],
  ['IntlBackslash', 0x64],
  ['ContextMenu', 0x65],
  ['Power', 0x66],
  ['NumpadEqual', 0x67],
  ['Help', 0x75],
  ['Undo', 0x7a],
  ['Cut', 0x7b],
  ['Copy', 0x7c],
  ['Paste', 0x7d],
  ['Find', 0x7e],
  ['AudioVolumeMute', 0x7f],
  ['AudioVolumeUp', 0x80],
  ['AudioVolumeDown', 0x81],
  ['NumpadComma', 0x85],
  // Japanese keys: ろ, カタカナひらがな, ¥, 変換, 無変換
  ['IntlRo', 0x87],
  ['KanaMode', 0x88],
  ['IntlYen', 0x89],
  ['Convert', 0x8a],
  ['NonConvert', 0x8b],
  // かな and 英数 of Apple keyboards; カタカナ, ひらがな, 半角/全角 of keyboards that have them apart
  ['Lang1', 0x90],
  ['Lang2', 0x91],
  ['Lang3', 0x92],
  ['Lang4', 0x93],
  ['Lang5', 0x94],
  ['ControlLeft', 0xe0],
  ['ShiftLeft', 0xe1],
  ['AltLeft', 0xe2],
  ['MetaLeft', 0xe3],
  ['ControlRight', 0xe4],
  ['ShiftRight', 0xe5],
  ['AltRight', 0xe6],
  ['MetaRight', 0xe7],
  ['OSLeft', 0xe3],
  ['OSRight', 0xe7],
])
  usages.set(code, usage);

const named = new Map(
  Object.entries({
    Backspace: 0xff08,
    Tab: 0xff09,
    Clear: 0xff0b,
    Enter: 0xff0d,
    Pause: 0xff13,
    ScrollLock: 0xff14,
    Escape: 0xff1b,
    Home: 0xff50,
    ArrowLeft: 0xff51,
    ArrowUp: 0xff52,
    ArrowRight: 0xff53,
    ArrowDown: 0xff54,
    PageUp: 0xff55,
    PageDown: 0xff56,
    End: 0xff57,
    Select: 0xff60,
    PrintScreen: 0xff61,
    Execute: 0xff62,
    Insert: 0xff63,
    Undo: 0xff65,
    Redo: 0xff66,
    ContextMenu: 0xff67,
    Find: 0xff68,
    Cancel: 0xff69,
    Help: 0xff6a,
    NumLock: 0xff7f,
    CapsLock: 0xffe5,
    Delete: 0xffff,
    AltGraph: 0xfe03,
    // Japanese
    KanjiMode: 0xff21,
    NonConvert: 0xff22,
    Convert: 0xff23,
    Romaji: 0xff24,
    Hiragana: 0xff25,
    Katakana: 0xff26,
    HiraganaKatakana: 0xff27,
    Zenkaku: 0xff28,
    Hankaku: 0xff29,
    ZenkakuHankaku: 0xff2a,
    KanaMode: 0xff2d,
    Eisu: 0xff30,
    Alphanumeric: 0xff30,
  }),
);
for (let i = 1; i <= 24; i++) named.set('F' + i, 0xffbd + i);

// Left and right keysyms of the modifiers.
const sided = {
  Shift: [0xffe1, 0xffe2],
  Control: [0xffe3, 0xffe4],
  Alt: [0xffe9, 0xffea],
  Meta: [0xffeb, 0xffec],
  OS: [0xffeb, 0xffec],
};

// The numeric pad has keysyms of its own.
const pad = new Map(
  Object.entries({
    Enter: 0xff8d,
    Home: 0xff95,
    ArrowLeft: 0xff96,
    ArrowUp: 0xff97,
    ArrowRight: 0xff98,
    ArrowDown: 0xff99,
    PageUp: 0xff9a,
    PageDown: 0xff9b,
    End: 0xff9c,
    Clear: 0xff9d,
    Insert: 0xff9e,
    Delete: 0xff9f,
    '=': 0xffbd,
    '*': 0xffaa,
    '+': 0xffab,
    ',': 0xffac,
    '-': 0xffad,
    '.': 0xffae,
    '/': 0xffaf,
  }),
);
for (let i = 0; i <= 9; i++) pad.set(String(i), 0xffb0 + i);

// When the browser's `key` says nothing ("Process", "Unidentified", "Dead"): what the key means by
// its place.
const byCode = new Map(
  Object.entries({
    Lang1: 0xff25,
    Lang2: 0xff30,
    Lang3: 0xff26,
    Lang4: 0xff25,
    Lang5: 0xff2a,
    Convert: 0xff23,
    NonConvert: 0xff22,
    KanaMode: 0xff27,
    IntlYen: 0x5c,
    IntlRo: 0x5c,
    Space: 0x20,
    Minus: 0x2d,
    Comma: 0x2c,
    Period: 0x2e,
    Slash: 0x2f,
    Semicolon: 0x3b,
    ControlLeft: 0xffe3,
    ControlRight: 0xffe4,
    ShiftLeft: 0xffe1,
    ShiftRight: 0xffe2,
    AltLeft: 0xffe9,
    AltRight: 0xffea,
    MetaLeft: 0xffeb,
    MetaRight: 0xffec,
  }),
);
for (let i = 0; i < 26; i++) byCode.set('Key' + String.fromCharCode(65 + i), 0x61 + i);
for (let i = 0; i <= 9; i++) byCode.set('Digit' + i, 0x30 + i);

/** USB HID usage (page 7) of a `KeyboardEvent.code`, 0 when the key is unknown. */
export const usageOf = code => usages.get(code) ?? 0;

/** Whether a usage is one of the eight modifiers. */
export const isModifier = usage => usage >= 0xe0 && usage <= 0xe7;

// Keys that go by another name than their place; the first place that has it on a Japanese
// keyboard.
const places = new Map(
  Object.entries({
    ' ': 'Space',
    AltGraph: 'AltRight',
    Zenkaku: 'Backquote',
    Hankaku: 'Backquote',
    ZenkakuHankaku: 'Backquote',
    KanjiMode: 'Backquote',
    Hiragana: 'KanaMode',
    Katakana: 'KanaMode',
    HiraganaKatakana: 'KanaMode',
    Romaji: 'KanaMode',
    Eisu: 'CapsLock',
    Alphanumeric: 'CapsLock',
  }),
);
// The numeric pad by what its keys say, with NumLock and without.
const padPlaces = new Map(
  Object.entries({
    Enter: 'NumpadEnter',
    '+': 'NumpadAdd',
    '-': 'NumpadSubtract',
    '*': 'NumpadMultiply',
    '/': 'NumpadDivide',
    '=': 'NumpadEqual',
    ',': 'NumpadComma',
    '.': 'NumpadDecimal',
    Home: 'Numpad7',
    ArrowUp: 'Numpad8',
    PageUp: 'Numpad9',
    ArrowLeft: 'Numpad4',
    Clear: 'Numpad5',
    ArrowRight: 'Numpad6',
    End: 'Numpad1',
    ArrowDown: 'Numpad2',
    PageDown: 'Numpad3',
    Insert: 'Numpad0',
    Delete: 'NumpadDecimal',
  }),
);
for (let i = 0; i <= 9; i++) padPlaces.set(String(i), 'Numpad' + i);

/**
 * The place of a key: its `code`, else what its name says; '' when only a character is known.
 * Keyboards on glass, and all
 * keyboards of Android, tell no `code`.
 */
export function placeOf({ code = '', key = '', location = 0 }) {
  if (code) return code;
  if (Object.hasOwn(sided, key)) return key + (location === 2 ? 'Right' : 'Left');
  if (location === 3 && padPlaces.has(key)) return padPlaces.get(key);
  return places.get(key) ?? (usages.has(key) ? key : '');
}

/** USB HID usage of the key that types a letter or a figure, 0 for every other character. */
export function usageOfCharacter(key) {
  return usageOf(
    /^[a-z]$/i.test(key) ? 'Key' + key.toUpperCase() : /^[0-9]$/.test(key) ? 'Digit' + key : '',
  );
}

/**
 * X11 keysym of one Unicode code point (X11 protocol, appendix A: Latin-1 as it is, the rest from
 * 0x01000000).
 */
export function keysymOfCodePoint(cp) {
  if ((cp >= 0x20 && cp <= 0x7e) || (cp >= 0xa0 && cp <= 0xff)) return cp;
  return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) ? 0 : 0x01000000 + cp;
}

/** X11 keysym the browser believes in: from `key`, else from the key's place, else 0. */
export function keysymOf({ key = '', code = '', location = 0, shiftKey = false }) {
  if (key === 'AltGraph') return 0xfe03;
  // 半角/全角 comes under several names; one keysym toggles on X11.
  if (key === 'Zenkaku' || key === 'Hankaku' || key === 'KanjiMode' || key === 'ZenkakuHankaku')
    return 0xff2a;
  // Apple's かな and 英数 have a place but an uncertain name.
  if (code === 'Lang1' || code === 'Lang2') return byCode.get(code);
  if (code === 'KanaMode') return 0xff27;
  const sides = sided[key];
  if (sides) return sides[location === 2 || code.endsWith('Right') ? 1 : 0];
  if (location === 3 && pad.has(key)) return pad.get(key);
  if (named.has(key)) return named.get(key);
  const points = [...key];
  if (points.length === 1) return keysymOfCodePoint(points[0].codePointAt(0));
  // With Shift the layout decides, which is known at the office.
  return shiftKey && /^(Key|Digit)/.test(code) ? 0 : (byCode.get(code) ?? 0);
}
