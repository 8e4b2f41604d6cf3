// Binds a canvas and a textarea to a session: the only file here that knows the DOM.
//
// Office IME: the canvas has the focus, keys go as keys. Home IME: the textarea has it, committed
// text goes as text.

import { Keyboard, commandAsControl } from './keyboard.js';
import { HomeTyping } from './ime.js';
import { Touch, Wheel, buttonsOf, pixelAt } from './pointer.js';

/** Room kept for a composition at the edges of the window, in CSS px. */
const ROOM = { width: 240, height: 48 };
/** What is held is said to be held so often (ms); spec/wire.md, "Held keys". */
const HELD = 80;
/** All of the mouse's buttons. */
const BUTTONS = 31;
/**
 * A field with nothing in it has nothing to delete: keyboards on glass do not tell their Backspace
 * then. Nobody sees these.
 */
const FILLER = '\u200b'.repeat(8);

export class Input {
  #o;
  #mode = 'office';
  #enabled = false;
  #keyboard;
  #home;
  #wheel = new Wheel();
  #touch = new Touch();
  #longPress = null;
  #control = false;
  #at = { x: 0, y: 0 }; // the desktop's pixel the pointer was last on
  #buttons = 0;
  // buttons that were pressed before the last release: they count when they are pressed again
  #stale = BUTTONS;
  #holding = null; // says that something is held
  #glass = globalThis.matchMedia?.('(any-pointer: coarse)').matches ?? false;

  /**
   * @param {object} options
   * @param {HTMLCanvasElement} options.canvas
   * @param {HTMLTextAreaElement} options.typing
   * @param {'mac'|'windows'|'other'} options.platform
   * @param {() => boolean} options.command whether Command goes as Control
   * @param {() => {width: number, height: number}} options.remote size of the desktop
   * @param {() => boolean} options.text whether text of any script arrives; if not, only ASCII is
   *   sent
   * @param {() => void} options.unheard text was typed that would not arrive: it was not sent
   * @param {(message: object) => void} options.send
   * @param {(message: object) => void} options.point
   * @param {() => void} options.wayOut Ctrl+Alt+Shift
   * @param {() => boolean} options.larger whether the picture is larger than its stage
   * @param {(dx: number, dy: number) => void} options.pan
   * @param {(factor: number, x: number, y: number) => void} options.zoom
   */
  constructor(options) {
    this.#o = options;
    this.#keyboard = new Keyboard(options.platform);
    this.#home = new HomeTyping(options.platform);
    const { canvas, typing } = options;
    for (const type of ['keydown', 'keyup']) canvas.addEventListener(type, e => this.#office(e));
    for (const type of [
      'keydown',
      'keyup',
      'compositionstart',
      'compositionupdate',
      'compositionend',
      'beforeinput',
      'input',
      'paste',
      'drop',
      'dragover',
    ]) {
      typing.addEventListener(type, e => this.#typed(e));
    }
    for (const type of ['pointerdown', 'pointermove', 'pointerup', 'pointercancel'])
      canvas.addEventListener(type, e => this.#pointer(e));
    canvas.addEventListener('wheel', e => this.#rolled(e), { passive: false });
    canvas.addEventListener('contextmenu', e => e.preventDefault());
    // The middle button would scroll the page, back and forward would leave it.
    for (const type of ['mousedown', 'mouseup', 'auxclick'])
      canvas.addEventListener(type, e => e.button > 0 && e.preventDefault());
    canvas.addEventListener('blur', () => this.releaseAll());
    typing.addEventListener('blur', () => this.releaseAll());
    globalThis.addEventListener?.('blur', () => this.releaseAll());
  }

  get mode() {
    return this.#mode;
  }

  /** 'office' or 'home'. */
  set mode(mode) {
    this.releaseAll();
    this.#mode = mode;
    this.#o.typing.hidden = mode !== 'home';
  }

  /** Whether anything is passed on. */
  set enabled(enabled) {
    if (!enabled) this.releaseAll();
    this.#enabled = enabled;
  }

  /**
   * Gives the focus to what takes the keys; on glass the textarea only when asked for, as it brings
   * up the keyboard.
   */
  focus({ keyboard = !globalThis.matchMedia?.('(pointer: coarse)').matches } = {}) {
    (this.#mode === 'home' && keyboard ? this.#o.typing : this.#o.canvas).focus({
      preventScroll: true,
    });
  }

  /** Lifts every key and button, here and at the office. */
  releaseAll() {
    const held = this.#keyboard.busy || this.#buttons !== 0;
    this.#keyboard.releaseAll();
    const strokes = this.#home.releaseAll();
    this.#empty();
    this.#control = false;
    this.#buttons = 0;
    this.#stale = BUTTONS;
    // a finger that is lifted meanwhile is not missed, and none that stays counts as the first of
    // two
    this.#touch = new Touch();
    clearTimeout(this.#longPress);
    this.#hold();
    if (held || strokes.length) this.#o.send({ type: 'ReleaseAll' });
  }

  /** Sends strokes made elsewhere (chords). */
  stroke(strokes) {
    for (const { down, usage, keysym } of strokes)
      this.#o.send({ type: 'Key', down, usage, keysym });
  }

  /** Says where the pointer is, once more: somebody is here. */
  nudge() {
    this.#o.point({ type: 'Pointer', ...this.#at, buttons: this.#buttons });
  }

  /** Says again and again that something is held, while it is. */
  #hold() {
    const held = this.#keyboard.busy || this.#home.busy || this.#buttons !== 0;
    if (held === (this.#holding !== null)) return;
    clearInterval(this.#holding);
    this.#holding = held ? setInterval(() => this.#o.send({ type: 'Held' }), HELD) : null;
  }

  #office(event) {
    if (!this.#enabled) return;
    // a hardware keyboard on a tablet
    if (this.#mode === 'home') return this.#o.typing.focus({ preventScroll: true });
    this.#control = event.ctrlKey;
    const { strokes, wayOut } = this.#keyboard.handle(event);
    event.preventDefault();
    event.stopPropagation();
    this.#keys(strokes);
    if (wayOut) this.#out();
  }

  #typed(event) {
    if (event.type === 'paste' || event.type === 'drop' || event.type === 'dragover')
      event.preventDefault();
    if (!this.#enabled || this.#mode !== 'home') return;
    if (event.type === 'keydown' || event.type === 'keyup') this.#control = event.ctrlKey;
    const {
      type,
      code,
      key,
      keyCode,
      location,
      repeat,
      timeStamp,
      ctrlKey,
      altKey,
      shiftKey,
      metaKey,
      isComposing,
      data,
      inputType,
      cancelable,
    } = event;
    const out = this.#home.handle({
      type,
      code,
      key,
      keyCode,
      location,
      repeat,
      timeStamp,
      ctrlKey,
      altKey,
      shiftKey,
      metaKey,
      isComposing,
      data,
      inputType,
      cancelable,
      altGraph: event.getModifierState?.('AltGraph') ?? false,
    });
    if (out.prevent) event.preventDefault();
    if (out.clear) queueMicrotask(() => this.#empty());
    this.#keys(out.strokes);
    if (this.#o.text() || out.texts.every(isAscii))
      for (const text of out.texts) this.#o.send({ type: 'Text', text });
    else this.#o.unheard();
    this.#o.typing.classList.toggle('composing', this.#home.composing);
    if (out.wayOut) this.#out();
  }

  #keys(strokes) {
    this.stroke(this.#o.command() ? commandAsControl(strokes) : strokes);
    this.#hold();
  }

  #out() {
    this.releaseAll();
    this.#o.wayOut();
  }

  /** Empties the textarea, unless a composition has begun meanwhile. */
  #empty() {
    if (this.#home.composing) return;
    this.#o.typing.value = this.#glass ? FILLER : '';
    this.#o.typing.classList.remove('composing');
  }

  #pointer(event) {
    if (!this.#enabled) return;
    event.preventDefault();
    const { canvas } = this.#o;
    if (event.pointerType === 'touch') return this.#touched(event);
    if (event.type === 'pointerdown') {
      canvas.setPointerCapture?.(event.pointerId);
      this.#place(event.clientX, event.clientY);
      this.focus();
      this.#keys(this.#home.flush());
    }
    // A button that was down when everything was lifted does not press again by being moved.
    const buttons = event.type === 'pointercancel' ? 0 : buttonsOf(event.buttons);
    this.#stale &= buttons & ~(event.button >= 0 ? 1 << event.button : 0);
    this.#point(event.clientX, event.clientY, buttons & ~this.#stale);
  }

  #point(x, y, buttons) {
    this.#at = pixelAt(this.#o.canvas.getBoundingClientRect(), this.#o.remote(), x, y);
    this.#buttons = buttons;
    this.#o.point({ type: 'Pointer', ...this.#at, buttons });
    this.#hold();
  }

  #touched(event) {
    const type = {
      pointerdown: 'down',
      pointermove: 'move',
      pointerup: 'up',
      pointercancel: 'cancel',
    }[event.type];
    this.#act(
      this.#touch.handle(
        { type, id: event.pointerId, x: event.clientX, y: event.clientY },
        event.timeStamp,
        this.#o.larger(),
      ),
    );
    clearTimeout(this.#longPress);
    const at = this.#touch.timeout();
    if (at !== null)
      this.#longPress = setTimeout(
        () => this.#act(this.#touch.time(at)),
        Math.max(0, at - event.timeStamp),
      );
  }

  #act(actions) {
    for (const a of actions) {
      if (a.do === 'point') {
        if (a.buttons) this.#place(a.x, a.y);
        this.#point(a.x, a.y, a.buttons);
      } else if (a.do === 'wheel') this.#roll(a.x, a.y, { deltaX: a.dx, deltaY: a.dy });
      else if (a.do === 'pan') this.#o.pan(a.dx, a.dy);
      else if (a.do === 'zoom') this.#o.zoom(a.factor, a.x, a.y);
      else if (a.do === 'felt') navigator.vibrate?.(15);
    }
  }

  #rolled(event) {
    if (!this.#enabled) return;
    event.preventDefault();
    // Pinching on a trackpad comes as a wheel with Control that nobody pressed.
    if (event.ctrlKey && !this.#control)
      return this.#o.zoom(Math.exp(-event.deltaY / PINCH), event.clientX, event.clientY);
    this.#keys(this.#home.flush());
    const { deltaX, deltaY, deltaMode, wheelDeltaX, wheelDeltaY } = event;
    this.#roll(event.clientX, event.clientY, {
      deltaX,
      deltaY,
      deltaMode,
      wheelDeltaX,
      wheelDeltaY,
    });
  }

  #roll(x, y, delta) {
    const turned = this.#wheel.add(delta);
    if (turned)
      this.#o.send({
        type: 'Wheel',
        ...pixelAt(this.#o.canvas.getBoundingClientRect(), this.#o.remote(), x, y),
        ...turned,
      });
  }

  /** The composition (and the IME's candidates) appear where the person last pressed. */
  #place(x, y) {
    if (this.#home.composing) return;
    const { style } = this.#o.typing;
    style.left = `${Math.max(0, Math.min(x, innerWidth - ROOM.width))}px`;
    style.top = `${Math.max(0, Math.min(y, innerHeight - ROOM.height))}px`;
  }
}

const isAscii = text => /^[\x20-\x7e]*$/.test(text);

const PINCH = 100;
