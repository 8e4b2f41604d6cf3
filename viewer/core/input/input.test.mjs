// Input bound to a page of a few lines: what is sent for the events of a browser.
import test from 'node:test';
import assert from 'node:assert/strict';
import { Input } from './input.js';

Object.assign(globalThis, { innerWidth: 800, innerHeight: 600 }); // of the window

class Part extends EventTarget {
  style = {};
  value = '';
  hidden = false;
  classList = { toggle() {}, remove() {} };
  focus() {}
  getBoundingClientRect() {
    return { left: 0, top: 0, width: 800, height: 600 };
  }
}

/**
 * An input that is passed on, and what it sends; `fire` makes an event on the canvas, or on the
 * field.
 */
function rig(t, options = {}) {
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  const [canvas, typing, sent] = [new Part(), new Part(), []];
  const input = new Input({
    canvas,
    typing,
    platform: 'other',
    command: () => false,
    remote: () => ({ width: 800, height: 600 }),
    send: m => sent.push(m),
    point: m => sent.push(m),
    text: () => true,
    unheard: () => sent.push('unheard'),
    wayOut() {},
    larger: () => false,
    pan() {},
    zoom() {},
    ...options,
  });
  input.enabled = true;
  const on =
    part =>
    (type, fields = {}) =>
      part.dispatchEvent(Object.assign(new Event(type, { cancelable: true }), fields));
  const short = m =>
    ({
      Pointer: `${m.x},${m.y}:${m.buttons}`,
      Key: `${m.down ? '+' : '-'}${m.usage?.toString(16)}`,
      Text: m.text,
    })[m.type] ??
    m.type ??
    m;
  return {
    input,
    fire: on(canvas),
    field: on(typing),
    typing,
    said: () => sent.splice(0).map(short).join(' '),
    pass: ms => t.mock.timers.tick(ms),
  };
}

let next = 1;
/** A finger put down at 10,10 and lifted. */
function tap(fire, id = next++) {
  fire('pointerdown', { pointerType: 'touch', pointerId: id, clientX: 10, clientY: 10 });
  fire('pointerup', { pointerType: 'touch', pointerId: id, clientX: 10, clientY: 10 });
}
const TAP = '10,10:0 10,10:1 10,10:0';
const finger = (id, x = 50) => ({ pointerType: 'touch', pointerId: id, clientX: x, clientY: 50 });
const mouse = (button, buttons, x = 50) => ({
  pointerType: 'mouse',
  pointerId: 1,
  button,
  buttons,
  clientX: x,
  clientY: 50,
});

for (const fingers of [1, 2]) {
  test(`${fingers} finger(s) on the glass when the line breaks, lifted while it is down: the next tap is a tap`, t => {
    const { input, fire, said } = rig(t);
    tap(fire);
    assert.equal(said(), TAP);
    for (let id = 100; id < 100 + fingers; id++) fire('pointerdown', finger(id, id));
    input.enabled = false;
    for (let id = 100; id < 100 + fingers; id++) fire('pointerup', finger(id, id));
    input.enabled = true;
    said();
    tap(fire);
    assert.equal(said(), TAP);
  });
}

test('a finger that stays through the break is none; nor does a long press fire into it', t => {
  const { input, fire, said, pass } = rig(t);
  fire('pointerdown', finger(7));
  input.enabled = false;
  pass(5000);
  assert.equal(said(), '');
  input.enabled = true;
  fire('pointermove', finger(7, 90));
  tap(fire);
  fire('pointerup', finger(7, 90));
  assert.equal(said(), TAP);
});

test('a drag by a finger that is cut off by the break lifts its button, and does not go on', t => {
  const { input, fire, said } = rig(t);
  fire('pointerdown', finger(7));
  fire('pointermove', finger(7, 90));
  assert.equal(said(), '50,50:0 50,50:1 90,50:1');
  input.enabled = false;
  assert.equal(said(), 'ReleaseAll');
  input.enabled = true;
  fire('pointermove', finger(7, 120));
  fire('pointerup', finger(7, 120));
  assert.equal(said(), '');
});

test('a button of the mouse that is held through a break does not press again by being moved', t => {
  const { input, fire, said } = rig(t);
  fire('pointerdown', mouse(0, 1));
  assert.equal(said(), '50,50:1');
  input.releaseAll();
  fire('pointermove', mouse(-1, 1, 90));
  assert.equal(said(), 'ReleaseAll 90,50:0');
  fire('pointermove', mouse(2, 3, 90));
  assert.equal(said(), '90,50:4', 'the right one is pressed now');
  fire('pointerup', mouse(0, 0, 90));
  fire('pointerdown', mouse(0, 1, 90));
  assert.equal(said(), '90,50:0 90,50:1');
});

test('what is held is said to be held, and no longer', t => {
  const { input, fire, said, pass } = rig(t);
  const key = (code, k) => ({ code, key: k, location: 0 });
  fire('keydown', key('KeyA', 'a'));
  pass(250);
  assert.equal(said(), '+4 Held Held Held');
  fire('keyup', key('KeyA', 'a'));
  pass(1000);
  assert.equal(said(), '-4');
  fire('keydown', key('ShiftLeft', 'Shift'));
  fire('pointerdown', mouse(0, 1));
  pass(80);
  fire('keyup', key('ShiftLeft', 'Shift'));
  pass(80);
  fire('pointerup', mouse(0, 0));
  pass(1000);
  assert.equal(said(), '+e1 50,50:1 Held -e1 Held 50,50:0');
  for (const end of [() => (input.enabled = false), () => input.releaseAll(), () => fire('blur')]) {
    input.enabled = true;
    fire('keydown', key('KeyA', 'a'));
    end();
    pass(1000);
    assert.equal(said(), '+4 ReleaseAll');
  }
});

test('a key held in the home mode is said to be held; a modifier that waits for one is not', t => {
  const { input, field, said, pass } = rig(t);
  input.mode = 'home';
  field('keydown', { code: 'ShiftLeft', key: 'Shift' });
  pass(500);
  assert.equal(said(), '');
  field('keydown', { code: 'ArrowRight', key: 'ArrowRight', shiftKey: true });
  pass(80);
  assert.equal(said(), '+e1 +4f Held');
});

test('text that would not arrive is not sent, and the person is told; letters and figures go', t => {
  const { input, field, said } = rig(t, { text: () => false });
  input.mode = 'home';
  const type = data => field('input', { inputType: 'insertText', data });
  type('Tokyo_2026 (a>b)');
  assert.equal(said(), 'Tokyo_2026 (a>b)');
  type('日本語');
  assert.equal(said(), 'unheard');
  type(`${'a'.repeat(1030)}日`);
  assert.equal(said(), 'unheard', 'no half of it');
});
