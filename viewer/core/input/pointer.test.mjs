import test from 'node:test';
import assert from 'node:assert/strict';
import { buttonsOf, sizeOn, wishFor, pixelAt, Wheel, Touch } from './pointer.js';

test('buttons', () => {
  assert.deepEqual([0, 1, 2, 4, 8, 16, 31].map(buttonsOf), [0, 1, 4, 2, 8, 16, 31]);
});

test('1:1 is a whole number of device pixels; fit shrinks and does not enlarge', () => {
  const remote = { width: 1000, height: 500 };
  const size = (ratio, mode, stage = { width: 500, height: 500 }) =>
    sizeOn({ remote, stage, ratio, mode });
  assert.deepEqual(size(1, 'actual'), { width: 1000, height: 500 });
  assert.deepEqual(size(2, 'actual'), { width: 1000, height: 500 });
  assert.deepEqual(size(1.25, 'actual'), { width: 800, height: 400 });
  assert.deepEqual(size(1, 'fit'), { width: 500, height: 250 });
  assert.deepEqual(size(1, 'fit', { width: 4000, height: 4000 }), { width: 1000, height: 500 });
});

test('the desktop asked for fills the stage 1:1, within limits', () => {
  assert.deepEqual(wishFor({ stage: { width: 1280, height: 800 }, ratio: 1 }), {
    width: 1280,
    height: 800,
  });
  assert.deepEqual(wishFor({ stage: { width: 1440, height: 900 }, ratio: 2 }), {
    width: 1440,
    height: 900,
  });
  assert.deepEqual(wishFor({ stage: { width: 1025, height: 769 }, ratio: 1.5 }), {
    width: 1536,
    height: 1152,
  });
  assert.deepEqual(wishFor({ stage: { width: 390, height: 700 }, ratio: 3 }), {
    width: 800,
    height: 700,
  });
  assert.deepEqual(wishFor({ stage: { width: 0, height: 9999 }, ratio: 1 }), {
    width: 800,
    height: 2160,
  });
});

test('places on the page are pixels of the desktop, and stay inside', () => {
  const rect = { left: 10, top: 20, width: 500, height: 250 };
  const remote = { width: 1000, height: 500 };
  assert.deepEqual(pixelAt(rect, remote, 10, 20), { x: 0, y: 0 });
  assert.deepEqual(pixelAt(rect, remote, 260, 145), { x: 500, y: 250 });
  assert.deepEqual(pixelAt(rect, remote, 9999, -5), { x: 999, y: 0 });
  assert.deepEqual(pixelAt({ left: 0, top: 0, width: 0, height: 0 }, remote, 5, 5), { x: 0, y: 0 });
});

test('wheel: notches, lines, pages and the small steps of a trackpad', () => {
  assert.deepEqual(new Wheel().add({ deltaY: 100, wheelDeltaY: -120 }), { dx: 0, dy: 120 });
  assert.deepEqual(new Wheel().add({ deltaY: 53, wheelDeltaY: -120 }), { dx: 0, dy: 120 });
  assert.deepEqual(new Wheel().add({ deltaY: -3, deltaMode: 1 }), { dx: 0, dy: -120 });
  assert.deepEqual(new Wheel().add({ deltaX: 1, deltaMode: 2 }), { dx: 120, dy: 0 });
  const w = new Wheel();
  assert.equal(w.add({ deltaY: 0.5, wheelDeltaY: -1 }), null);
  assert.deepEqual(w.add({ deltaY: 0.5, wheelDeltaY: -1 }), { dx: 0, dy: 1 });
  let sum = 0;
  for (let i = 0; i < 100; i++) sum += w.add({ deltaY: 1.7, wheelDeltaY: -5 })?.dy ?? 0;
  assert.equal(sum, 204);
  w.add({ deltaY: 0.5 });
  assert.equal(w.add({ deltaY: -0.5 }), null, 'a turn back begins anew');
  assert.deepEqual(new Wheel().add({ deltaY: 1e9 }), { dx: 0, dy: 32767 });
  assert.equal(new Wheel().add({ deltaY: NaN }), null);
});

const at = (type, id, x, y) => ({ type, id, x, y });
const points = actions =>
  actions.map(a => (a.do === 'point' ? `${a.x},${a.y}:${a.buttons}` : a.do)).join(' ');

test('a tap is a click', () => {
  const t = new Touch();
  assert.equal(points(t.handle(at('down', 1, 50, 50), 0)), '');
  assert.equal(points(t.handle(at('move', 1, 53, 50), 20)), '');
  assert.equal(points(t.handle(at('up', 1, 53, 50), 80)), '53,50:0 53,50:1 53,50:0');
  assert.equal(t.timeout(), null);
});

test('a long press is the right button, and nothing more when it is lifted', () => {
  const t = new Touch();
  t.handle(at('down', 1, 50, 50), 1000);
  assert.equal(t.timeout(), 1500);
  assert.deepEqual(t.time(1400), []);
  assert.equal(points(t.time(1500)), '50,50:0 50,50:4 50,50:0 felt');
  assert.equal(points(t.handle(at('move', 1, 90, 90), 1600)), '');
  assert.equal(points(t.handle(at('up', 1, 90, 90), 1700)), '');
});

test('a drag holds the left button from where it began; a cancelled one lets go', () => {
  const t = new Touch();
  t.handle(at('down', 1, 10, 10), 0);
  assert.equal(points(t.handle(at('move', 1, 40, 10), 50)), '10,10:0 10,10:1 40,10:1');
  assert.equal(t.timeout(), null);
  assert.equal(points(t.handle(at('move', 1, 60, 10), 60)), '60,10:1');
  assert.equal(points(t.handle(at('cancel', 1, 0, 0), 70)), '60,10:0');
});

test('two fingers scroll, pan when the picture is larger, and zoom', () => {
  const two = larger => {
    const t = new Touch();
    t.handle(at('down', 1, 100, 100), 0);
    t.handle(at('down', 2, 200, 100), 10);
    const out = [];
    for (let y = 100; y >= 40; y -= 10)
      out.push(
        ...t.handle(at('move', 1, 100, y), 20, larger),
        ...t.handle(at('move', 2, 200, y), 20, larger),
      );
    return { t, out };
  };
  const scroll = two(false).out;
  assert.ok(scroll.length && scroll.every(a => a.do === 'wheel' && a.dy > 0));
  assert.ok(
    Math.abs(scroll.reduce((s, a) => s + a.dy, 0) - 120) < 1e-9,
    '60 px are 1.2 notches of 100',
  );
  const { t, out } = two(true);
  assert.ok(out.every(a => a.do === 'pan'));
  assert.equal(points(t.handle(at('up', 1, 100, 40), 90)), '');
  assert.equal(points(t.handle(at('move', 2, 0, 0), 95)), '', 'the finger that stays does nothing');
  const z = new Touch();
  z.handle(at('down', 1, 100, 100), 0);
  z.handle(at('down', 2, 200, 100), 10);
  const zoom = z.handle(at('move', 2, 300, 100), 20);
  assert.deepEqual(zoom[0], { do: 'zoom', factor: 2, x: 200, y: 100 });
});

test('a second finger ends a drag, a third spends the gesture', () => {
  const t = new Touch();
  t.handle(at('down', 1, 10, 10), 0);
  t.handle(at('move', 1, 40, 10), 50);
  assert.equal(points(t.handle(at('down', 2, 90, 90), 60)), '40,10:0');
  t.handle(at('down', 3, 95, 90), 60);
  assert.equal(points(t.handle(at('up', 3, 95, 90), 70)), '');
  assert.equal(points(t.handle(at('up', 9, 1, 1), 70)), '', 'an unknown finger');
});
