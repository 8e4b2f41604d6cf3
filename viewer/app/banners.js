// Warnings from the office: the idle cut and the end of the permitted time, counted down.

import { duration } from './text.js';

const $ = id => document.getElementById(id);

export class Banners {
  #t;
  #ends = { idle: null, period: null }; // when, in ms
  #timer = null;
  #hint = null;

  /** @param {{t: Function, onGoOn: () => void}} options */
  constructor({ t, onGoOn }) {
    this.#t = t;
    $('go-on').addEventListener('click', () => onGoOn());
    $('period-dismiss').addEventListener('click', () => this.clear('period'));
  }

  /** Warns that something ends in `seconds`: 'idle' or 'period'. */
  warn(which, seconds) {
    this.#ends[which] = performance.now() + seconds * 1000;
    $(which).hidden = false;
    this.#draw();
    // Said once; the countdown is for the eye.
    $('alarm').textContent = $(`${which}-text`).textContent;
    this.#timer ??= setInterval(() => this.#draw(), 1000);
  }

  clear(...which) {
    for (const one of which.length ? which : ['idle', 'period']) {
      this.#ends[one] = null;
      $(one).hidden = true;
    }
    if (Object.values(this.#ends).every(end => end === null)) {
      clearInterval(this.#timer);
      this.#timer = null;
      $('alarm').textContent = '';
    }
  }

  /** Shows a sentence for a few seconds. */
  hint(text, ms = 6000) {
    clearTimeout(this.#hint);
    $('hint').textContent = text;
    $('hint').hidden = false;
    this.#hint = setTimeout(() => ($('hint').hidden = true), ms);
  }

  #draw() {
    for (const [which, end] of Object.entries(this.#ends)) {
      if (end !== null)
        $(`${which}-text`).textContent = this.#t(`${which}_soon`, {
          time: duration(this.#t, end - performance.now() + 999),
        });
    }
  }
}
