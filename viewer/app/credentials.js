// Credentials of the office PC, typed at home. They leave through the channel and nowhere else.

const $ = (id) => document.getElementById(id);

export class Credentials {
  #t;
  #dialog = $('credentials');
  #onSend;

  /** @param {{t: Function, onSend: (credentials) => void, onCancel: () => void}} options */
  constructor({ t, onSend, onCancel }) {
    this.#t = t;
    this.#onSend = onSend;
    $('credentials-form').addEventListener('submit', (event) => {
      event.preventDefault();
      this.#send();
    });
    $('credentials-show').addEventListener('change', (event) => {
      $('credentials-password').type = event.target.checked ? 'text' : 'password';
    });
    const cancel = () => {
      this.close();
      onCancel();
    };
    $('credentials-cancel').addEventListener('click', cancel);
    this.#dialog.addEventListener('cancel', (event) => {
      event.preventDefault();
      cancel();
    });
  }

  ask({ refused }) {
    const error = $('credentials-error');
    error.hidden = !refused;
    error.textContent = refused ? this.#t('credentials_refused') : '';
    if (!this.#dialog.open) this.#dialog.showModal();
    $(refused ? 'credentials-password' : 'credentials-user').focus();
  }

  close() {
    $('credentials-password').value = '';
    $('credentials-show').checked = false;
    $('credentials-password').type = 'password';
    if (this.#dialog.open) this.#dialog.close();
  }

  #send() {
    const typed = { user: $('credentials-user').value.trim(), password: $('credentials-password').value, domain: $('credentials-domain').value.trim() };
    this.close();
    this.#onSend(typed);
  }
}
