import test from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { texts, speaker, duration } from './text.js';
import { load, save } from './settings.js';
import { isSeen } from './cursor.js';
import { Quality, qualityOf } from './quality.js';
import { CHORDS } from '../core/input/chords.js';
import { ENDED, TELEWORK } from '../core/machine.js';

const here = new URL('.', import.meta.url);
const source = name => readFileSync(new URL(name, here), 'utf8');

test('both languages say the same things, with the same blanks', () => {
  assert.deepEqual(Object.keys(texts.en).sort(), Object.keys(texts.ja).sort());
  const blanks = s => [...s.matchAll(/\{(\w+)\}/g)].map(m => m[1]).sort();
  for (const key of Object.keys(texts.ja))
    assert.deepEqual(blanks(texts.en[key]), blanks(texts.ja[key]), key);
});

test('every text that is asked for exists', () => {
  const wanted = new Set(CHORDS.map(c => c.id));
  for (const name of ['session.html', 'pair.html'])
    for (const m of source(name).matchAll(/data-(?:text|label)="(\w+)"/g)) wanted.add(m[1]);
  for (const name of readdirSync(here).filter(n => n.endsWith('.js') && n !== 'text.js'))
    for (const m of source(name).matchAll(/\bt\('(\w+)'/g)) wanted.add(m[1]);
  for (const reason of Object.values(ENDED))
    if (reason !== 'agent_stopping') wanted.add(`ended_${reason}`);
  for (const reason of [
    'left',
    'busy',
    'clock',
    'tampered',
    'refused',
    'full',
    'unproven',
    'unpaired',
    'agent_key',
    'device_unknown',
    'device_revoked',
    'outside_period',
    'csrf',
    'not_found',
    'not_permitted',
    'signin',
    'browser',
    ...TELEWORK,
  ])
    wanted.add(`ended_${reason}`);
  for (const part of ['line', 'network', 'server', 'relay', 'agent', 'desktop'])
    wanted.add(`missing_${part}`);
  for (const stage of ['asking', 'connecting', 'waiting', 'handshaking', 'proving'])
    wanted.add(`pair_${stage}`);
  for (const fault of [
    'server',
    'relay',
    'agent',
    'secret',
    'refused',
    'unknown',
    'too_many',
    'not_permitted',
    'signin',
    'storage',
    'browser',
  ])
    wanted.add(`pair_failed_${fault}`);
  for (const key of wanted) assert.ok(key in texts.ja, key);
});

test("fragments carry no script, no style and no handler: the page's policy would refuse them", () => {
  for (const name of ['session.html', 'pair.html'])
    assert.doesNotMatch(source(name), /<script|<style|\sstyle=|\son\w+=|javascript:/i, name);
});

test('a pointer that shows nothing is told from one that does', () => {
  assert.equal(isSeen(new Uint8Array()), false, '0 x 0');
  assert.equal(isSeen(new Uint8Array(16 * 16 * 4)), false, 'wholly transparent');
  assert.equal(isSeen(Uint8Array.of(255, 255, 255, 8)), false, 'a breath of white');
  assert.equal(isSeen(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 255)), true, 'one pixel');
});

test('no deadline hangs on the calendar, which may be set', () => {
  const all = readdirSync(new URL('..', here), { recursive: true }).filter(name =>
    name.endsWith('.js'),
  );
  const using = all.filter(name =>
    readFileSync(new URL(`../${name}`, here), 'utf8').includes('Date.now'),
  );
  assert.deepEqual(using, ['app/pair.js'], 'a day that is shown');
});

test('every id the modules use is in a fragment, once', () => {
  const html = source('session.html') + source('pair.html');
  const ids = [...html.matchAll(/\sid="([\w-]+)"/g)].map(m => m[1]);
  for (const name of ['session.html', 'pair.html']) {
    const own = [...source(name).matchAll(/\sid="([\w-]+)"/g)].map(m => m[1]);
    assert.equal(new Set(own).size, own.length, name);
  }
  for (const name of readdirSync(here).filter(n => n.endsWith('.js'))) {
    for (const m of source(name).matchAll(/(?:\$|getElementById)\('([\w-]+)'\)/g))
      assert.ok(m[1] === 'page' || ids.includes(m[1]), `${name}: ${m[1]}`);
  }
});

test('lengths of time', () => {
  const t = speaker('ja');
  assert.deepEqual(
    [0, 59_999, 60_000, 3_599_000, 3_600_000, 8_130_000, -5].map(ms => duration(t, ms)),
    ['0秒', '59秒', '1分', '59分', '1時間0分', '2時間15分', '0秒'],
  );
  assert.equal(
    speaker('en')('remaining', { time: duration(speaker('en'), 8_130_000) }),
    '2 h 15 min left',
  );
  assert.equal(speaker('xx')('leave'), '切断');
});

test('choices are kept, nonsense is not believed', () => {
  const store = text => ({
    getItem: () => text,
    setItem: (_, v) => (text = v),
    get text() {
      return text;
    },
  });
  const first = { typing: 'office', view: 'fit', resize: true, command: true };
  assert.deepEqual(load(store(null), false), first);
  assert.deepEqual(
    load(store('{"typing":"evil","view":7,"resize":"no","command":1}'), false),
    first,
  );
  assert.deepEqual(load(store('['), false), first);
  assert.equal(load(store(null), true).typing, 'home');
  assert.equal(load(store('{"typing":"office"}'), true).typing, 'office');
  const kept = store(null);
  const chosen = { typing: 'home', view: 'actual', resize: false, command: false };
  save(chosen, kept);
  assert.deepEqual(load(kept, false), chosen);
  assert.doesNotThrow(() =>
    save(first, {
      setItem() {
        throw new Error('full');
      },
    }),
  );
});

test('the word for the line changes only when it has been true for 3 s', () => {
  assert.deepEqual(
    [
      [10, 0],
      [80, 5000],
      [81, 0],
      [200, 0],
      [201, 0],
      [10, 400],
      [10, 1000],
    ].map(([rtt, rate]) => qualityOf({ rtt, rate })),
    ['good', 'good', 'fair', 'fair', 'poor', 'poor', 'fair'],
  );
  const q = new Quality();
  assert.equal(q.update({ rtt: 10, rate: 0 }, 0), true);
  assert.equal(q.update({ rtt: 300, rate: 0 }, 1000), false);
  assert.equal(q.update({ rtt: 10, rate: 0 }, 2000), false);
  assert.equal(q.update({ rtt: 300, rate: 0 }, 3000), false);
  assert.equal(q.update({ rtt: 300, rate: 0 }, 5900), false);
  assert.equal(q.update({ rtt: 300, rate: 0 }, 6000), true);
  assert.equal(q.word, 'poor');
});

test('the round trip stands still on a line that does, and follows one that does not', () => {
  const q = new Quality();
  const shown = [12.4, 13.9, 10.1, 15.2, 15.6, 100, 118, 121].map(
    (rtt, i) => (q.update({ rtt, rate: 0 }, i), q.ms),
  );
  assert.deepEqual(shown, [12, 12, 12, 15, 15, 100, 100, 121]);
  q.reset();
  assert.equal(q.ms, null);
});

test('the fragments announce the modules their page will load (the codec may have newer parts), and no other', () => {
  for (const [page, entry] of [
    ['session.html', './session.js'],
    ['pair.html', './pair.js'],
  ]) {
    const found = new Set();
    const walk = url => {
      if (found.has(url.href)) return;
      found.add(url.href);
      for (const m of readFileSync(url, 'utf8').matchAll(
        /^(?:import|export)[^;]*?from '(\.[^']+)'/gm,
      ))
        walk(new URL(m[1], url));
    };
    walk(new URL(entry, here));
    const root = new URL('..', here).href;
    const wanted = [...found]
      .map(href => '/viewer/' + href.slice(root.length))
      .filter(path => path !== `/viewer/app/${entry.slice(2)}`)
      .sort();
    const told = [...source(page).matchAll(/<link rel="modulepreload" href="([^"]+)">/g)]
      .map(m => m[1])
      .sort();
    const codec = path => path.startsWith('/viewer/core/screen/');
    assert.deepEqual(
      told.filter(path => !wanted.includes(path)),
      [],
      page,
    );
    assert.deepEqual(
      told.filter(path => !codec(path)),
      wanted.filter(path => !codec(path)),
      page,
    );
  }
});
