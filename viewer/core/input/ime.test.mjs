import test from 'node:test';
import assert from 'node:assert/strict';
import { HomeTyping, splitText } from './ime.js';
import { CHORDS, strokesOf } from './chords.js';

const run = (typing, ...events) => events.map(e => typing.handle(e));
const sent = outs =>
  outs
    .flatMap(o => [...o.strokes.map(s => (s.down ? '+' : '-') + s.usage.toString(16)), ...o.texts])
    .join(' ');
const down = (code, key, more = {}) => ({ type: 'keydown', code, key, ...more });
const up = (code, key, more = {}) => ({ type: 'keyup', code, key, ...more });
const input = (data, inputType = 'insertText', more = {}) => ({
  type: 'input',
  data,
  inputType,
  ...more,
});

test('Chromium on Windows: にほん is composed, 日本 is sent, once', () => {
  const t = new HomeTyping('windows');
  const outs = run(
    t,
    down('KeyN', 'Process', { keyCode: 229 }),
    { type: 'compositionstart', data: '' },
    { type: 'compositionupdate', data: 'n' },
    input('n', 'insertCompositionText', { isComposing: true }),
    up('KeyN', 'n', { isComposing: true }),
    input('にほん', 'insertCompositionText', { isComposing: true }),
    down('Space', 'Process', { keyCode: 229, isComposing: true }),
    down('Enter', 'Process', { keyCode: 229, isComposing: true }),
    { type: 'compositionend', data: '日本' },
    up('Enter', 'Enter'),
  );
  assert.equal(sent(outs), '日本');
  assert.ok(
    outs.every(o => !o.prevent),
    'the IME got every key',
  );
  assert.equal(outs.at(-2).clear, true);
});

test('Firefox tells the committed text again after the end; Safari tells Enter after it', () => {
  const t = new HomeTyping('mac');
  const outs = run(
    t,
    { type: 'compositionstart' },
    { type: 'compositionend', data: '東京' },
    input('東京', 'insertCompositionText'),
    input('東京', 'insertFromComposition'),
    down('Enter', 'Enter', { keyCode: 229 }),
    up('Enter', 'Enter'),
  );
  assert.equal(sent(outs), '東京');
});

test('a cancelled composition sends nothing', () => {
  const outs = run(
    new HomeTyping(),
    { type: 'compositionstart' },
    { type: 'compositionupdate', data: 'か' },
    { type: 'compositionend', data: '' },
  );
  assert.equal(sent(outs), '');
});

test('text goes as text, without Shift; keys go as keys', () => {
  const t = new HomeTyping();
  const outs = run(
    t,
    down('ShiftLeft', 'Shift'),
    down('KeyA', 'A', { shiftKey: true }),
    input('A'),
    up('KeyA', 'A'),
    up('ShiftLeft', 'Shift'),
    down('Enter', 'Enter'),
    up('Enter', 'Enter'),
    down('Space', ' '),
    up('Space', ' '),
    down('Backspace', 'Backspace'),
    up('Backspace', 'Backspace'),
  );
  assert.equal(sent(outs), 'A +28 -28 +2c -2c +2a -2a');
  assert.equal(outs[1].prevent, false);
  assert.equal(outs[5].prevent, true);
});

test('shortcuts and selections hold their modifiers, text after them does not', () => {
  const t = new HomeTyping();
  assert.equal(
    sent(
      run(
        t,
        down('ControlLeft', 'Control'),
        down('KeyS', 's', { ctrlKey: true }),
        up('KeyS', 's'),
        up('ControlLeft', 'Control'),
      ),
    ),
    '+e0 +16 -16 -e0',
  );
  assert.equal(
    sent(
      run(
        t,
        down('ShiftLeft', 'Shift'),
        down('ArrowRight', 'ArrowRight', { shiftKey: true }),
        up('ArrowRight', 'ArrowRight'),
        input('B'),
        up('ShiftLeft', 'Shift'),
      ),
    ),
    '+e1 +4f -4f -e1 B',
  );
});

test('Alt and the Windows key by themselves, not with text, not Shift', () => {
  const t = new HomeTyping();
  assert.equal(sent(run(t, down('AltLeft', 'Alt'), up('AltLeft', 'Alt'))), '+e2 -e2');
  assert.equal(sent(run(t, down('MetaLeft', 'Meta'), up('MetaLeft', 'Meta'))), '+e3 -e3');
  assert.equal(sent(run(t, down('ShiftLeft', 'Shift'), up('ShiftLeft', 'Shift'))), '');
  assert.equal(
    sent(
      run(
        t,
        down('AltLeft', 'Alt'),
        ...[{ type: 'compositionstart' }, { type: 'compositionend', data: 'あ' }],
        up('AltLeft', 'Alt'),
      ),
    ),
    'あ',
  );
});

test('Ctrl+click: modifiers are handed over for the mouse', () => {
  const t = new HomeTyping();
  run(t, down('ControlLeft', 'Control'));
  assert.equal(sent([{ strokes: t.flush(), texts: [] }]), '+e0');
  assert.equal(sent(run(t, up('ControlLeft', 'Control'))), '-e0');
});

test("the IME's own keys stay at home; AltGr and Option make text", () => {
  const t = new HomeTyping('windows');
  const outs = run(
    t,
    down('Backquote', 'Zenkaku'),
    down('Convert', 'Convert'),
    down('NonConvert', 'NonConvert'),
    down('KanaMode', 'Hiragana'),
    down('Lang1', 'KanaMode'),
  );
  assert.equal(sent(outs), '');
  assert.ok(outs.every(o => !o.prevent));
  assert.equal(
    t.handle(down('KeyQ', '@', { ctrlKey: true, altKey: true, altGraph: true })).prevent,
    false,
  );
  assert.equal(new HomeTyping('mac').handle(down('KeyO', 'ø', { altKey: true })).prevent, false);
  assert.equal(new HomeTyping('other').handle(down('KeyF', 'f', { altKey: true })).prevent, true);
});

test('glass keyboards: backspace and line break by input events', () => {
  assert.equal(
    sent(
      run(
        new HomeTyping(),
        down('', 'Unidentified', { keyCode: 229 }),
        input(null, 'deleteContentBackward'),
        input(null, 'insertLineBreak'),
      ),
    ),
    '+2a -2a +28 -28',
  );
});

test('glass keyboards: what is deleted in an empty field, which changes nothing, is a key all the same, and once', () => {
  const before = (inputType, more = {}) => ({
    type: 'beforeinput',
    inputType,
    cancelable: true,
    ...more,
  });
  const t = new HomeTyping();
  const outs = run(
    t,
    down('', 'Unidentified', { keyCode: 229 }),
    before('deleteContentBackward'),
    up('', 'Unidentified', { keyCode: 229 }),
  );
  assert.equal(sent(outs), '+2a -2a');
  assert.equal(outs[1].prevent, true, 'no input event follows');
  assert.equal(
    sent(run(t, before('deleteContentForward'), before('insertLineBreak'))),
    '+4c -4c +28 -28',
  );
  assert.equal(sent(run(t, before('deleteWordBackward'))), '+e0 +2a -2a -e0');
  assert.equal(sent(run(t, before('deleteSoftLineBackward'))), '+e1 +4a -4a -e1 +2a -2a');
  // What cannot be prevented is told by the input event; text is always.
  assert.equal(
    sent(
      run(
        t,
        before('deleteContentBackward', { cancelable: false }),
        input(null, 'deleteContentBackward'),
      ),
    ),
    '+2a -2a',
  );
  assert.equal(sent(run(t, before('insertText', { data: 'a' }), input('a'))), 'a');
  // Inside a composition the IME deletes what is its own.
  assert.equal(
    sent(
      run(
        t,
        { type: 'compositionstart' },
        before('deleteContentBackward'),
        before('deleteContentBackward', { isComposing: true }),
      ),
    ),
    '',
  );
});

test('glass keyboards: keys by their name alone, and a command', () => {
  const t = new HomeTyping();
  assert.equal(
    sent(
      run(
        t,
        down('', 'Backspace', { keyCode: 8 }),
        up('', 'Backspace'),
        down('', 'ArrowLeft'),
        up('', 'ArrowLeft'),
      ),
    ),
    '+2a -2a +50 -50',
  );
  assert.equal(
    sent(
      run(
        t,
        down('', 'Control', { ctrlKey: true }),
        down('', 'c', { ctrlKey: true }),
        up('', 'c', { ctrlKey: true }),
        up('', 'Control'),
      ),
    ),
    '+e0 +6 -6 -e0',
  );
  assert.equal(sent(run(t, down('', 'a', { keyCode: 65 }), input('a'), up('', 'a'))), 'a');
  assert.equal(t.busy, false);
});

test('PrintScreen of Windows, with Alt: one stroke with Alt held', () => {
  const t = new HomeTyping('windows');
  assert.equal(
    sent(run(t, down('AltLeft', 'Alt'), up('PrintScreen', 'PrintScreen'), up('AltLeft', 'Alt'))),
    '+e2 +46 -46 -e2',
  );
});

test('no clipboard: paste and drop are prevented, and are not text', () => {
  const t = new HomeTyping();
  const outs = run(
    t,
    { type: 'paste' },
    { type: 'drop' },
    input('secret', 'insertFromPaste'),
    input('secret', 'insertFromDrop'),
    input('x', 'insertReplacementText'),
  );
  assert.equal(sent(outs), '');
  assert.deepEqual([outs[0].prevent, outs[1].prevent], [true, true]);
});

test('the way out is there in this mode too', () => {
  const outs = run(
    new HomeTyping(),
    down('ControlLeft', 'Control'),
    down('AltLeft', 'Alt'),
    down('ShiftLeft', 'Shift'),
    up('ShiftLeft', 'Shift'),
    up('AltLeft', 'Alt'),
  );
  assert.deepEqual(
    outs.map(o => o.wayOut),
    [false, false, false, true, false],
  );
  assert.equal(sent(outs), '');
});

test('texts are cut between code points at 1,024 bytes', () => {
  const bytes = s => new TextEncoder().encode(s).length;
  const parts = splitText('漢'.repeat(700));
  assert.deepEqual(parts.map(bytes), [1023, 1023, 54]);
  assert.deepEqual(splitText('a'.repeat(1025)).map(bytes), [1024, 1]);
  assert.deepEqual(splitText('𠮷'.repeat(257)).map(bytes), [1024, 4]);
  assert.deepEqual(splitText('a\nb\u0007\ud800c'), ['abc']);
  assert.deepEqual(splitText(''), []);
});

test('every chord goes down in order and up in reverse, with keys both kinds of desktop know', () => {
  assert.equal(sent([{ strokes: strokesOf(CHORDS[0]), texts: [] }]), '+e0 +e2 +4c -4c -e2 -e0');
  for (const chord of CHORDS)
    for (const s of strokesOf(chord)) assert.ok(s.usage > 0 && s.keysym > 0, chord.id);
  assert.equal(new Set(CHORDS.map(c => c.id)).size, CHORDS.length);
});
