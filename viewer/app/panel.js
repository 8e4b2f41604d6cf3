// What is going on, in words over the desktop: connecting, lost, ended, and what can be done about
// it.

/** A break shorter than this (ms) is not shown. */
const BLINK = 350;
/** States of a try (core/machine.js) to their texts. */
const STAGES = {
  looking: 'missing_agent',
  asking: 'asking',
  connecting: 'connecting_relay',
  waiting: 'waiting',
  handshaking: 'handshaking',
  desktop: 'waiting_desktop',
};
/** What can be done after each end; `again` for those not named. */
const ACTIONS = {
  signin: ['sign_in'],
  unpaired: ['pair_here'],
  device_unknown: ['pair_here'],
  device_revoked: ['pair_here'],
  csrf: ['reload'],
  not_found: [],
  not_permitted: [],
  revoked: [],
  browser: [],
  agent_key: [],
  period: [],
  unproven: ['again', 'pair_here'],
};

export class Panel {
  #t;
  #page;
  #veil = document.getElementById('veil');
  #card = document.getElementById('card');
  #title = document.getElementById('card-title');
  #text = document.getElementById('card-text');
  #spinner = document.getElementById('spinner');
  #actions = document.getElementById('card-actions');
  #later = null;
  #again;

  constructor({ t, page, again }) {
    this.#t = t;
    this.#page = page;
    this.#again = again;
  }

  /** Shows a machine's state. Returns what a screen reader should hear, or null. */
  show({ shown, state, missing, reason, seen }) {
    clearTimeout(this.#later);
    if (shown === 'live') {
      this.#veil.hidden = true;
      return this.#t('live', { name: this.#page.target.name });
    }
    if (shown === 'ended') return this.#ended(reason, seen);
    this.#veil.dataset.over = String(seen);
    this.#spinner.hidden = false;
    this.#actions.replaceChildren();
    const title = seen ? this.#t('lost') : this.#t('connecting', { name: this.#page.target.name });
    const text = this.#t(missing ? `missing_${missing}` : (STAGES[state] ?? 'asking'));
    const news = missing && this.#text.textContent !== text ? text : null;
    this.#title.textContent = title;
    this.#text.textContent = text;
    if (seen && this.#veil.hidden)
      this.#later = setTimeout(() => (this.#veil.hidden = false), BLINK);
    else this.#veil.hidden = false;
    return news;
  }

  #ended(reason, seen) {
    const t = this.#t;
    this.#veil.hidden = false;
    this.#veil.dataset.over = 'false';
    this.#spinner.hidden = true;
    this.#title.textContent = t(seen || reason === 'left' ? 'ended' : 'not_connected');
    this.#text.textContent = t(`ended_${reason}`);
    const here = encodeURIComponent(location.pathname);
    const make = {
      again: () => this.#button('again', () => this.#again()),
      reload: () => this.#button('reload', () => location.reload()),
      sign_in: () => this.#link('sign_in', `${this.#page.sign_in}?next=${here}`),
      pair_here: () => this.#link('pair_here', '/pair'),
    };
    const first = (ACTIONS[reason] ?? ['again']).map(name => make[name]());
    const home = this.#link('home', this.#page.home ?? '/');
    this.#actions.replaceChildren(...first, home);
    this.#actions.firstElementChild.classList.add('primary');
    this.#card.focus();
    return null; // the focus says it
  }

  #button(text, act) {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = this.#t(text);
    button.addEventListener('click', act);
    return button;
  }

  #link(text, href) {
    const link = document.createElement('a');
    link.className = 'button';
    link.href = href;
    link.textContent = this.#t(text);
    return link;
  }
}
