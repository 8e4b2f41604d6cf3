// The QR code of a slip carries its code after "#": it is filled in, and leaves the address bar and
// the history.

const field = document.querySelector('input[type=text]#slip');
const code = location.hash.slice(1);

if (field && /^[0-9A-Za-z-]{1,40}$/.test(code)) {
  field.value = code;
  history.replaceState(null, '', location.pathname);
  field.form.querySelector('button').focus();
}
