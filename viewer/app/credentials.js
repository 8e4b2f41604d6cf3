// Credentials of the office PC, typed at home. They leave through the channel and nowhere else.

import { duration } from './text.js';

const $ = id => document.getElementById(id);

export class Credentials {
  #t;
  #dialog = $('credentials');
  #onSend;
  #ends = 0; // of the pause, in ms
  #timer = null;
  #last = null;

  /** @param {{t: Function, onSend: (credentials) => void, onCancel: () => void}} options */
  constructor({ t, onSend, onCancel }) {
    this.#t = t;
    this.#onSend = onSend;
    $('credentials-form').addEventListener('submit', event => {
      event.preventDefault();
      this.#send();
    });
    $('credentials-show').addEventListener('change', event => {
      $('credentials-password').type = event.target.checked ? 'text' : 'password';
    });
    const cancel = () => {
      this.close();
      onCancel();
    };
    $('credentials-cancel').addEventListener('click', cancel);
    this.#dialog.addEventListener('cancel', event => {
      event.preventDefault();
      cancel();
    });
  }

  /**
   * @param {{refused: boolean, wait?: number}} asked `wait`: seconds in which the office takes no
   * password to the PC
   */
  ask({ refused, wait = 0 }) {
    this.#say(refused && !wait ? this.#t('credentials_refused') : '');
    if (!this.#dialog.open) this.#dialog.showModal();
    clearInterval(this.#timer);
    this.#ends = performance.now() + wait * 1000;
    if (wait) {
      this.#timer = setInterval(() => this.#paused(), 15_000);
      this.#paused();
    }
    $('credentials-send').disabled = Boolean(wait);
    $(wait ? 'credentials-cancel' : refused ? 'credentials-password' : 'credentials-user').focus();
  }

  /** Counts the pause down in steps that a screen reader can bear, and ends it. */
  #paused() {
    const left = this.#ends - performance.now();
    if (left > 0) {
      clearTimeout(this.#last);
      if (left < 15_000) this.#last = setTimeout(() => this.#paused(), left + 50);
      return this.#say(this.#t('credentials_paused', { time: duration(this.#t, left + 999) }));
    }
    clearInterval(this.#timer);
    $('credentials-send').disabled = false;
    this.#say(this.#t('credentials_again'));
  }

  #say(text) {
    // an alert is read out whenever it is written
    if ($('credentials-error').textContent === text) return;
    $('credentials-error').hidden = !text;
    $('credentials-error').textContent = text;
  }

  close() {
    clearInterval(this.#timer);
    clearTimeout(this.#last);
    $('credentials-send').disabled = false;
    $('credentials-password').value = '';
    $('credentials-show').checked = false;
    $('credentials-password').type = 'password';
    if (this.#dialog.open) this.#dialog.close();
  }

  #send() {
    const typed = {
      user: $('credentials-user').value.trim(),
      password: $('credentials-password').value,
      domain: $('credentials-domain').value.trim(),
    };
    this.close();
    this.#onSend(typed);
  }
}
