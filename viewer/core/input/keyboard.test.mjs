import test from 'node:test';
import assert from 'node:assert/strict';
import { usageOf, keysymOf, keysymOfCodePoint, placeOf } from './keys.js';
import { Keyboard, commandAsControl, platformOf } from './keyboard.js';

const down = (code, key, more = {}) => ({ type: 'keydown', code, key, timeStamp: 0, ...more });
const up = (code, key, more = {}) => ({ type: 'keyup', code, key, timeStamp: 0, ...more });
const short = ({ strokes }) =>
  strokes.map(s => (s.down ? '+' : '-') + s.usage.toString(16)).join(' ');

test('usages of every key of a 109-key Japanese keyboard', () => {
  const table = {
    Backquote: 0x35,
    Digit1: 0x1e,
    Digit0: 0x27,
    Minus: 0x2d,
    Equal: 0x2e,
    IntlYen: 0x89,
    KeyA: 0x04,
    KeyZ: 0x1d,
    BracketLeft: 0x2f,
    BracketRight: 0x30,
    Enter: 0x28,
    Semicolon: 0x33,
    Quote: 0x34,
    Backslash: 0x31,
    IntlRo: 0x87,
    NonConvert: 0x8b,
    Space: 0x2c,
    Convert: 0x8a,
    KanaMode: 0x88,
    AltRight: 0xe6,
    MetaLeft: 0xe3,
    ContextMenu: 0x65,
    F1: 0x3a,
    F12: 0x45,
    F13: 0x68,
    F24: 0x73,
    Numpad0: 0x62,
    Numpad9: 0x61,
    NumpadEnter: 0x58,
    PrintScreen: 0x46,
    Lang1: 0x90,
    Lang2: 0x91,
    Lang5: 0x94,
    Delete: 0x4c,
    ArrowUp: 0x52,
  };
  for (const [code, usage] of Object.entries(table)) assert.equal(usageOf(code), usage, code);
  assert.equal(usageOf('Fn'), 0);
});

test('no two keys of the table share a usage, but for the old names of Meta', () => {
  const codes = [
    'KeyA',
    'Digit1',
    'F12',
    'F13',
    'Numpad1',
    'IntlHash',
    'Backslash',
    'IntlBackslash',
    'NumpadComma',
    'NumpadEqual',
    'IntlRo',
    'IntlYen',
  ];
  assert.equal(new Set(codes.map(usageOf)).size, codes.length);
});

test('keysyms: Latin-1, Unicode, sides, numeric pad, Japanese names, place when the name is lost', () => {
  const cases = [
    [{ key: 'a', code: 'KeyA' }, 0x61],
    [{ key: '¥', code: 'IntlYen' }, 0xa5],
    [{ key: '_', code: 'IntlRo' }, 0x5f],
    [{ key: 'あ', code: 'Digit3' }, 0x01003042],
    [{ key: '😀' }, 0x0101f600],
    [{ key: 'Shift', code: 'ShiftRight', location: 2 }, 0xffe2],
    [{ key: 'Control', code: 'ControlLeft', location: 1 }, 0xffe3],
    [{ key: '5', code: 'Numpad5', location: 3 }, 0xffb5],
    [{ key: 'Enter', code: 'NumpadEnter', location: 3 }, 0xff8d],
    [{ key: 'Enter', code: 'Enter' }, 0xff0d],
    [{ key: 'Zenkaku', code: 'Backquote' }, 0xff2a],
    [{ key: 'Hankaku', code: 'Backquote' }, 0xff2a],
    [{ key: 'Convert', code: 'Convert' }, 0xff23],
    [{ key: 'NonConvert', code: 'NonConvert' }, 0xff22],
    [{ key: 'Hiragana', code: 'KanaMode' }, 0xff27],
    [{ key: 'KanjiMode', code: 'Lang1' }, 0xff2a],
    [{ key: 'Eisu', code: 'Lang2' }, 0xff30],
    [{ key: 'Process', code: 'KeyK' }, 0x6b],
    [{ key: 'Process', code: 'Convert' }, 0xff23],
    [{ key: 'Dead', code: 'Quote' }, 0],
    [{ key: 'F24', code: 'F24' }, 0xffd5],
    [{ key: 'AltGraph', code: 'AltRight', location: 2 }, 0xfe03],
  ];
  for (const [event, keysym] of cases) assert.equal(keysymOf(event), keysym, JSON.stringify(event));
  assert.equal(keysymOfCodePoint(0x07), 0);
  assert.equal(keysymOfCodePoint(0x85), 0);
});

test('down, repeat and up; a modifier does not repeat', () => {
  const k = new Keyboard();
  assert.equal(short(k.handle(down('ShiftLeft', 'Shift'))), '+e1');
  assert.equal(short(k.handle(down('ShiftLeft', 'Shift', { repeat: true }))), '');
  assert.equal(short(k.handle(down('KeyA', 'A'))), '+4');
  assert.equal(short(k.handle(down('KeyA', 'A', { repeat: true }))), '+4');
  assert.equal(short(k.handle(up('KeyA', 'A'))), '-4');
  assert.equal(short(k.handle(up('KeyA', 'A'))), '', 'a keyup without its keydown is not sent');
  assert.equal(short(k.handle(up('ShiftLeft', 'Shift'))), '-e1');
  assert.equal(k.busy, false);
});

test('a key is lifted with the keysym it went down with, whatever Shift has done since', () => {
  const k = new Keyboard();
  k.handle(down('ShiftLeft', 'Shift'));
  k.handle(down('KeyA', 'A'));
  k.handle(up('ShiftLeft', 'Shift'));
  assert.deepEqual(k.handle(up('KeyA', 'a')).strokes, [{ down: false, usage: 4, keysym: 0x41 }]);
});

test('blur lifts keys before modifiers', () => {
  const k = new Keyboard();
  k.handle(down('ControlLeft', 'Control'));
  k.handle(down('KeyC', 'c'));
  assert.equal(short({ strokes: k.releaseAll() }), '-6 -e0');
  assert.deepEqual(k.releaseAll(), []);
});

test('macOS: Command swallows keyup, CapsLock and 英数/かな are strokes', () => {
  const k = new Keyboard('mac');
  assert.equal(short(k.handle(down('KeyB', 'b'))), '+5');
  assert.equal(short(k.handle(down('MetaLeft', 'Meta', { metaKey: true }))), '+e3');
  assert.equal(short(k.handle(down('KeyC', 'c', { metaKey: true }))), '+6 -6');
  assert.equal(short(k.handle(up('MetaLeft', 'Meta'))), '-e3 -5');
  assert.equal(short(k.handle(down('CapsLock', 'CapsLock'))), '+39 -39');
  assert.equal(short(k.handle(up('CapsLock', 'CapsLock'))), '+39 -39');
  assert.equal(short(k.handle(down('Lang2', 'Eisu'))), '+91 -91');
  assert.equal(short(k.handle(up('Lang2', 'Eisu'))), '');
});

test('Windows: AltGr is not Ctrl+Alt, but Ctrl+Alt pressed by a person is', () => {
  const k = new Keyboard('windows');
  assert.equal(short(k.handle(down('ControlLeft', 'Control', { timeStamp: 100 }))), '+e0');
  assert.equal(short(k.handle(down('AltRight', 'AltGraph', { timeStamp: 100 }))), '-e0 +e6');
  assert.equal(short(k.handle(up('ControlLeft', 'Control', { timeStamp: 180 }))), '');
  assert.equal(short(k.handle(up('AltRight', 'AltGraph', { timeStamp: 180 }))), '-e6');
  k.handle(down('ControlLeft', 'Control', { timeStamp: 500 }));
  assert.equal(short(k.handle(down('AltRight', 'Alt', { timeStamp: 700 }))), '+e6');
});

test('Windows: 半角/全角 and カタカナひらがな are whole strokes, both Shifts are lifted together', () => {
  const k = new Keyboard('windows');
  assert.equal(short(k.handle(down('Backquote', 'Zenkaku'))), '+35 -35');
  assert.equal(short(k.handle(down('Backquote', 'Zenkaku', { repeat: true }))), '');
  assert.equal(short(k.handle(up('Backquote', 'Hankaku'))), '');
  assert.equal(short(k.handle(down('KanaMode', 'Hiragana'))), '+88 -88');
  assert.equal(short(k.handle(down('Convert', 'Convert'))), '+8a');
  assert.equal(short(k.handle(up('Convert', 'Convert'))), '-8a');
  k.handle(down('ShiftLeft', 'Shift'));
  k.handle(down('ShiftRight', 'Shift'));
  assert.equal(short(k.handle(up('ShiftRight', 'Shift', { shiftKey: false }))), '-e5 -e1');
});

test('the way out: Ctrl+Alt+Shift alone, not as part of a chord', () => {
  const k = new Keyboard();
  const three = () => [
    k.handle(down('ControlLeft', 'Control')),
    k.handle(down('AltLeft', 'Alt')),
    k.handle(down('ShiftLeft', 'Shift')),
  ];
  three();
  assert.equal(k.handle(up('ShiftLeft', 'Shift')).wayOut, true);
  assert.equal(k.handle(up('AltLeft', 'Alt')).wayOut, false, 'once');
  k.releaseAll();
  three();
  k.handle(down('KeyT', 'T'));
  k.handle(up('KeyT', 'T'));
  assert.equal(k.handle(up('ShiftLeft', 'Shift')).wayOut, false);
});

test('keys without a place (Android): by their name, with sides and the pad', () => {
  const cases = [
    [{ key: 'Enter' }, 'Enter', 0x28],
    [{ key: 'Backspace' }, 'Backspace', 0x2a],
    [{ key: 'ArrowLeft' }, 'ArrowLeft', 0x50],
    [{ key: 'Tab' }, 'Tab', 0x2b],
    [{ key: 'Delete' }, 'Delete', 0x4c],
    [{ key: 'F5' }, 'F5', 0x3e],
    [{ key: ' ' }, 'Space', 0x2c],
    [{ key: 'Control', location: 1 }, 'ControlLeft', 0xe0],
    [{ key: 'Control' }, 'ControlLeft', 0xe0],
    [{ key: 'Shift', location: 2 }, 'ShiftRight', 0xe5],
    [{ key: 'Meta' }, 'MetaLeft', 0xe3],
    [{ key: 'AltGraph', location: 2 }, 'AltRight', 0xe6],
    [{ key: 'Enter', location: 3 }, 'NumpadEnter', 0x58],
    [{ key: '7', location: 3 }, 'Numpad7', 0x5f],
    [{ key: 'Home', location: 3 }, 'Numpad7', 0x5f],
    [{ key: 'Zenkaku' }, 'Backquote', 0x35],
    [{ key: 'Hiragana' }, 'KanaMode', 0x88],
    [{ key: 'Eisu' }, 'CapsLock', 0x39],
    [{ key: 'a' }, '', 0],
    [{ key: 'あ' }, '', 0],
    [{ key: 'Unidentified' }, '', 0],
    [{ key: 'Process' }, '', 0],
    [{ key: 'constructor' }, '', 0],
    [{ key: 'Enter', code: 'NumpadEnter' }, 'NumpadEnter', 0x58],
  ];
  for (const [event, code, usage] of cases)
    assert.deepEqual(
      [placeOf(event), usageOf(placeOf(event))],
      [code, usage],
      JSON.stringify(event),
    );
  // A name that says nothing says nothing of Shift either: the office's layout decides.
  assert.equal(keysymOf({ key: 'Process', code: 'KeyK', shiftKey: true }), 0);
});

test('keys without a place are held and lifted as others; characters are typed at once', () => {
  const k = new Keyboard();
  const sent = event =>
    k
      .handle(event)
      .strokes.map(s => `${s.down ? '+' : '-'}${s.usage.toString(16)}/${s.keysym.toString(16)}`)
      .join(' ');
  assert.equal(sent(down('', 'Enter')), '+28/ff0d');
  assert.equal(k.busy, true);
  assert.equal(sent(up('', 'Enter')), '-28/ff0d');
  assert.equal(sent(down('', 'a')), '+0/61 -0/61');
  assert.equal(sent(up('', 'a')), '');
  assert.equal(sent(down('', 'あ')), '+0/1003042 -0/1003042');
  // Shift lifted before the letter: the letter's lifting goes by another name.
  assert.equal(sent(down('', 'Shift', { shiftKey: true })), '+e1/ffe1');
  assert.equal(sent(down('', 'A', { shiftKey: true })), '+0/41 -0/41');
  assert.equal(sent(up('', 'Shift')) + sent(up('', 'a')), '-e1/ffe1');
  assert.equal(k.busy, false);
  // A command is a key.
  assert.equal(sent(down('', 'Control', { ctrlKey: true })), '+e0/ffe3');
  assert.equal(sent(down('', 'c', { ctrlKey: true })), '+6/63 -6/63');
  assert.equal(sent(up('', 'Control')) + sent(up('', 'c')), '-e0/ffe3');
  assert.equal(k.busy, false);
});

test('PrintScreen: Windows tells its keyup alone, others tell both', () => {
  const windows = new Keyboard('windows');
  assert.equal(short(windows.handle(up('PrintScreen', 'PrintScreen'))), '+46 -46');
  assert.equal(
    short(windows.handle(down('PrintScreen', 'PrintScreen'))),
    '+46',
    'where the browser tells it after all',
  );
  assert.equal(short(windows.handle(up('PrintScreen', 'PrintScreen'))), '-46');
  assert.equal(short(new Keyboard('other').handle(up('PrintScreen', 'PrintScreen'))), '');
  const flags = { ctrlKey: false, shiftKey: false, altKey: true, metaKey: false };
  windows.handle(down('AltLeft', 'Alt', flags));
  assert.equal(
    short(windows.handle(up('PrintScreen', 'PrintScreen', flags))),
    '+46 -46',
    'with Alt held: one window',
  );
});

test('a modifier held before the focus came, and one lifted where nobody saw it', () => {
  const flags = more => ({
    ctrlKey: false,
    shiftKey: false,
    altKey: false,
    metaKey: false,
    ...more,
  });
  const k = new Keyboard('windows');
  assert.equal(short(k.handle(down('KeyC', 'c', flags({ ctrlKey: true })))), '+e0 +6');
  assert.equal(short(k.handle(up('KeyC', 'c', flags({ ctrlKey: true })))), '-6');
  assert.equal(short(k.handle(up('ControlLeft', 'Control', flags()))), '-e0');
  k.handle(down('MetaLeft', 'Meta', flags({ metaKey: true })));
  assert.equal(short(k.handle(down('KeyL', 'l', flags()))), '-e3 +f');
  k.releaseAll();
  // AltGr says what it likes of Control and Alt.
  k.handle(down('AltRight', 'AltGraph', flags()));
  assert.equal(short(k.handle(down('KeyQ', '@', flags({ ctrlKey: true, altKey: true })))), '+14');
  assert.equal(short(k.handle(down('KeyE', '€', flags()))), '+8');
  assert.equal(
    short(
      new Keyboard('windows').handle(
        down('KeyQ', '@', {
          ...flags({ ctrlKey: true, altKey: true }),
          getModifierState: () => true,
        }),
      ),
    ),
    '+14',
  );
});

test('platforms by what browsers say', () => {
  assert.equal(platformOf({ userAgentData: { platform: 'Windows' } }), 'windows');
  assert.equal(platformOf({ platform: 'MacIntel' }), 'mac');
  assert.equal(platformOf({ platform: 'Linux x86_64', userAgent: 'X11; Linux' }), 'other');
  assert.equal(platformOf(undefined), 'other');
});

test('Command as Control', () => {
  const k = new Keyboard('mac');
  const strokes = [
    ...k.handle(down('MetaLeft', 'Meta', { metaKey: true })).strokes,
    ...k.handle(down('KeyC', 'c', { metaKey: true })).strokes,
    ...k.handle(up('MetaLeft', 'Meta')).strokes,
  ];
  assert.equal(short({ strokes: commandAsControl(strokes) }), '+e0 +6 -6 -e0');
  assert.deepEqual(commandAsControl([{ down: true, usage: 0xe7, keysym: 0xffec }]), [
    { down: true, usage: 0xe4, keysym: 0xffe4 },
  ]);
});
